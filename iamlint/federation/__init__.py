"""Federated identities: how principals spell them, what providers admit, and which of them no token can match."""
