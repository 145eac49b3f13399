"""IAM conditions in three values: evaluates CEL expressions, and lists what they demand.

Source: https://cloud.google.com/iam/docs/conditions-overview
"""

from iamlint.conditions.context import Context, Tag, TagState
from iamlint.conditions.declared import FUNCTIONS, IAM, MAPPING, PROVIDER, Language, never_text, undeclared
from iamlint.conditions.evaluation import asks_tags, asks_who, evaluate
from iamlint.conditions.outcome import Outcome, Reason, ReasonKind
from iamlint.conditions.parser import Unparsable, parse
from iamlint.conditions.syntax import texts_of
from iamlint.conditions.token_claims import Claim, claims_compared, is_obscure, least_bytes, limits_of, mapped

__all__ = [
    "FUNCTIONS",
    "IAM",
    "MAPPING",
    "PROVIDER",
    "Claim",
    "Context",
    "Language",
    "Outcome",
    "Reason",
    "ReasonKind",
    "Tag",
    "TagState",
    "Unparsable",
    "asks_tags",
    "asks_who",
    "claims_compared",
    "evaluate",
    "is_obscure",
    "least_bytes",
    "limits_of",
    "mapped",
    "never_text",
    "parse",
    "texts_of",
    "undeclared",
]
