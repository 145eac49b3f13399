"""BLAKE2b and SHA-256 without `hashlib`, which loads OpenSSL: that takes longer than to read a small module."""

from __future__ import annotations

import sys

try:
    from _blake2 import blake2b
except ImportError:  # another Python than CPython, or a build without it
    from hashlib import blake2b

try:
    sha256 = __import__("_sha2" if sys.version_info >= (3, 12) else "_sha256").sha256
except ImportError:
    from hashlib import sha256

__all__ = ["blake2b", "hash_of", "sha256"]


def hash_of(*parts: str) -> str:
    """Return a hash of texts, for the name of a part."""
    found = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        found.update(b"%d:" % len(data))
        found.update(data)
    return found.hexdigest()
