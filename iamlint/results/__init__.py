"""What a run yields: the report, and the names by which a finding is known again."""
