members = ["user:ana@example.com", "group:minters@example.com"]
