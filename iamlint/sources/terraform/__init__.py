"""Terraform: source and plans become the same instances, and instances become facts."""
