"""Files that stand for others: pointers of Git LFS, and encrypted files. The content itself is not in the checkout."""

from __future__ import annotations

import re
from dataclasses import dataclass

from iamlint.documents.values import Value
from iamlint.facts import Declaration, Gap
from iamlint.location import Location, Unreadable
from iamlint.sources.reading import Reading

LONGEST_BEGINNING = 200
"""Characters in which a file shows that it stands for another."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """What a file is in the place of its content, and what brings the content back."""

    reason: str
    hint: str
    always: bool = False

    def told(self, path: str, *, certain: bool, likely: bool) -> Reading:
        """An error where the file is ``certain`` to be a plan or an export, an unread part where it is ``likely``.

        Secrets are encrypted more often than exports are, so that else nothing is said of them. Large exports are what
        Git LFS is for: a pointer is an unread part wherever it is.
        """
        at = Location(path)
        if certain:
            return Reading(errors=[Unreadable(at, self.reason, self.hint)])
        if likely or self.always:
            return Reading(facts=[Gap(f"{self.reason} ({self.hint})", Declaration(at, "file"))])
        return Reading()


_DECRYPT = "decrypt it before the check"
_STAND_INS = (
    (
        re.compile(r"version https://git-lfs\.github\.com/spec/"),
        StandIn("the file is a pointer of Git LFS, and its content is not here", "git lfs pull", always=True),
    ),
    (
        re.compile(r"\0?GITCRYPT\b"),
        StandIn("the file is encrypted by git-crypt", f"{_DECRYPT}: git-crypt unlock"),
    ),
    (re.compile(r"\$ANSIBLE_VAULT;"), StandIn("the file is encrypted by Ansible Vault", _DECRYPT)),
    (
        re.compile(r"age-encryption\.org/|-----BEGIN (?:AGE ENCRYPTED FILE|PGP MESSAGE)-----"),
        StandIn("the file is encrypted", _DECRYPT),
    ),
)
"""Sources: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md, https://github.com/AGWA/git-crypt,
https://docs.ansible.com/ansible/latest/vault_guide/vault_encrypting_content.html, https://age-encryption.org/v1
and RFC 9580, section 6.2."""
_SOPS = StandIn("the file is encrypted by SOPS", f"{_DECRYPT}: sops decrypt FILE")


def stand_in(beginning: str) -> StandIn | None:
    """What a file that begins so stands for; None for one that is itself."""
    return next((found for pattern, found in _STAND_INS if pattern.match(beginning.lstrip(" \r\n"))), None)


def encrypted(document: Value) -> StandIn | None:
    """That SOPS has encrypted the values of a document and left its keys; None for one that it has not.

    Source: https://getsops.io/docs/
    """
    data = document.data
    metadata = data["sops"].data if isinstance(data, dict) and "sops" in data else None
    return _SOPS if isinstance(metadata, dict) and {"mac", "version"} & metadata.keys() else None
