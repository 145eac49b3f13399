"""BLAKE2b without `hashlib`, which loads OpenSSL for other functions: that takes longer than to read a small module."""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # another Python than CPython, or a build without it
    from hashlib import blake2b

__all__ = ["blake2b"]
