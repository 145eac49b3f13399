"""Instances of resources: their arguments, and what the provider computes of them."""
