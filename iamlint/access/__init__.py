"""Decides whether a grant gives permissions on a resource on a day, and if not, which step stops it.

Google evaluates principal access boundary policies first, then deny policies, then allow policies with their
conditions. A disabled account, and organization policies about keys, stop the call itself. A `Decision` keeps one
`Step` for each, so that a reader sees which one fails, why, and where it is written. Source:
https://cloud.google.com/iam/docs/policy-types
"""
