"""What a file is: by its path, its table, and the shape of its documents."""
