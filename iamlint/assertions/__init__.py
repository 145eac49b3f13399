"""Assertions: which principals must never become an account, which may, and which must be able to. Tests of a policy.

They are documents (``assertion.schema.json``), in the configuration or in a folder ``assertions`` next to it, and are
checked by ``iamlint check`` like rules. Nothing in them is executed.
"""

from iamlint.assertions.checking import Verdicts, check_assertions, rule_of
from iamlint.assertions.coverage import coverage
from iamlint.assertions.documents import Assertion, load_assertions

__all__ = ["Assertion", "Verdicts", "check_assertions", "coverage", "load_assertions", "rule_of"]
