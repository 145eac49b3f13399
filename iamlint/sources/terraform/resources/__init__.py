"""Converts instances of each resource type to facts."""
