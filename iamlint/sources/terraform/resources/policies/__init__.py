"""Converts instances to facts about policies: grants, denials, boundaries, roles and settings."""
