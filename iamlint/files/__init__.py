"""Reads files as texts: within limits, decoded, decompressed."""
