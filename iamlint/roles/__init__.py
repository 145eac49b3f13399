"""The role catalogue: which permissions a role contains, and as of when."""
