"""What a session remembers of module calls and of states."""
