"""Files as texts: read within bounds, decoded, decompressed."""
