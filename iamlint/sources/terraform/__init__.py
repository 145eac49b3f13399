"""Terraform: source and plan become the same instances, instances become facts."""
