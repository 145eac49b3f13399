"""Terraform's language, without any idea of IAM: syntax, readers, evaluation."""
