"""From the resources of an export to facts, one module for each kind."""
