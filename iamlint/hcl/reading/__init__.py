"""Readers of Terraform's native and JSON syntax."""
