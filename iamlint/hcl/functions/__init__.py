"""Terraform's built-in functions whose results depend on their arguments only.

Each takes values and returns data or a value. It raises `EvaluationError` if Terraform would refuse the call, and
`UnknownResult` if the result depends on an unknown value.
"""
