"""The second reader, python-hcl2, and its comparison with the first."""
