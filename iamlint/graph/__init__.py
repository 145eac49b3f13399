"""The direct edges that grants make: which principal can act as which account.

An edge is stored as principal, grant and resource. A grant on a project is one edge onto the project, not one for each
account in it, so the cost is linear in the grants.
"""
