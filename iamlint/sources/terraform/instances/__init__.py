"""Instances of resources: their arguments, and the attributes that the provider computes."""
