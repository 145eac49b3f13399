"""IAM conditions in three values: evaluates CEL expressions, and lists what they demand.

Source: https://cloud.google.com/iam/docs/conditions-overview
"""
