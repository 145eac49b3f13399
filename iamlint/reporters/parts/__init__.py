"""Parts shared by several formats: frames, notes, groups, plain text."""
