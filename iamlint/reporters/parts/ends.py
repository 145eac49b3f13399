"""What a finding leads to, for rules whose message does not say it."""

from __future__ import annotations

from iamlint.basics.words import first_names
from iamlint.finding import Finding

_MOST = 3


def leads_to(finding: Finding) -> str:
    """Return a sentence with the strongest privileges that a finding leads to; "" if the message names them."""
    if not finding.ends or any(end in finding.message for end in finding.ends):
        return ""
    return f"It leads to {first_names(finding.ends, _MOST)}."
