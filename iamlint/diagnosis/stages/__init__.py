"""The stages of a call, each with its own answer: done, broken or unknown."""
