"""What several formats share: frames, notes, groups, plain text."""
