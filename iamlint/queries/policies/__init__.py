"""Queries about what policies say: their bindings, conditions, denials and principals."""
