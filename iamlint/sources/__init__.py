"""Files to facts: Terraform source, plans, gcloud exports; told apart by content."""
