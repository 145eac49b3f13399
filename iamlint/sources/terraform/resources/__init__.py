"""Instances of each resource type to facts."""
