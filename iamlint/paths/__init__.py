"""Paths: the hops that let a principal become an account, directly or through others.

A hop is a method that a principal has, or a membership of a set that has it. A path is open if every hop is certain,
conditional if one depends on something unknown, and closed if something certainly blocks one.
"""
