"""The answer as text, JSON and Markdown."""
