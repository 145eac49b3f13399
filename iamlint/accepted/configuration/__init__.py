"""The configuration file: its settings, its sections, and what of it is in force."""
