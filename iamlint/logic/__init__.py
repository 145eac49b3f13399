"""Three-valued answers, and globs over partly known texts."""
