"""Queries about who can become a privileged account, or gain its access in another way."""
