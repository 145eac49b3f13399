"""Queries about federated identities: who gets in, under which names, and through which providers."""
