"""Listings: facts, roles, methods, rules with fixes, and what to ask a data base for."""
