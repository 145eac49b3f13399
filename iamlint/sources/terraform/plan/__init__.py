"""Plans and states of Terraform in JSON."""
