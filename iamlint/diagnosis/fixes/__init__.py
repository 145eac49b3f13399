"""The smallest change that makes a call work."""
