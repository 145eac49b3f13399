"""Converts instances to facts about identities: accounts, groups, pools, keys and tokens."""
