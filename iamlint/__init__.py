"""iamlint: the linter for Google Cloud IAM.

Sources read files into facts, the facts make an estate, each rule looks at the estate and yields findings, a reporter
writes them.
"""

__version__ = "0.1.0"
