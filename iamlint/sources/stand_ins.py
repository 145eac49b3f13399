"""Placeholder files: pointers of Git LFS, and encrypted files. The content is not in the checkout."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Value
from iamlint.facts import Declaration, UnreadPart
from iamlint.files.texts import beginning, load
from iamlint.files.tree import Tree
from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.names import ASSIGNMENTS
from iamlint.sources.reading import Reading

LONGEST_BEGINNING = 200
"""Number of characters at the start of a file that show whether it is a placeholder."""


@frozen
class StandIn:
    """The kind of a placeholder, and the command that restores the content."""

    reason: str
    hint: str
    always: bool = False

    def told(self, path: str, *, certain: bool, likely: bool) -> Reading:
        """Return an error if the file is ``certain`` to be a plan or an export, an unread part if it is ``likely``.

        Encrypted files are more often secrets than exports, so other files are ignored. Git LFS is for large files such
        as exports, so a pointer is always an unread part.
        """
        at = Location(path)
        if certain:
            return Reading(errors=[Unreadable(at, self.reason, self.hint)])
        if likely or self.always:
            return Reading(facts=[UnreadPart(f"{self.reason} ({self.hint})", Declaration(at, "file"))])
        return Reading()


_DECRYPT = "decrypt it before the check"
_STAND_INS = (
    (
        regex(r"version https://git-lfs\.github\.com/spec/"),
        StandIn("the file is a pointer of Git LFS, and its content is not here", "git lfs pull", always=True),
    ),
    (
        regex(r"\0?GITCRYPT\b"),
        StandIn("the file is encrypted by git-crypt", f"{_DECRYPT}: git-crypt unlock"),
    ),
    (regex(r"\$ANSIBLE_VAULT;"), StandIn("the file is encrypted by Ansible Vault", _DECRYPT)),
    (
        regex(r"age-encryption\.org/|-----BEGIN (?:AGE ENCRYPTED FILE|PGP MESSAGE)-----"),
        StandIn("the file is encrypted", _DECRYPT),
    ),
    (
        regex(r"\{\s*\"meta\"\s*:\s*\{\s*\"key_provider\."),
        StandIn("the file is a plan that is encrypted by OpenTofu", "tofu show -json PLAN > plan.json", always=True),
    ),
)
"""Sources: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md, https://github.com/AGWA/git-crypt,
https://docs.ansible.com/ansible/latest/vault_guide/vault_encrypting_content.html, https://age-encryption.org/v1,
https://opentofu.org/docs/language/state/encryption/ and RFC 9580, section 6.2."""
_SOPS = StandIn("the file is encrypted by SOPS", f"{_DECRYPT}: sops decrypt FILE")


def stand_in(beginning: str) -> StandIn | None:
    """Return the kind of placeholder with this beginning; None for a normal file."""
    return next((found for pattern, found in _STAND_INS if pattern.match(beginning.lstrip(" \r\n"))), None)


def load_source(path: Path, shown: str, tree: Tree) -> SourceText | Unreadable:
    """Return the text of a Terraform file; an error that says so if it is a pointer, or encrypted."""
    found = load(path, shown, tree)
    kind = None
    if isinstance(found, SourceText):
        kind = stand_in(found.text[:LONGEST_BEGINNING]) or _sops(found.text, shown)
    else:
        with suppress(OSError, ValueError):
            kind = stand_in(beginning(path, LONGEST_BEGINNING, tree))
    return Unreadable(Location(shown), kind.reason, kind.hint) if kind else found


_SOPS_METADATA = regex(r'"sops"\s*:\s*\{')
_SOPS_VALUE = regex(r'"ENC\[[A-Z0-9_]+,data:')
_SOPS_LINE = regex(r'^[^#\n=]*=\s*"?ENC\[[A-Z0-9_]+,data:[^\n]*,tag:', re.MULTILINE)
"""An encrypted value of a file whose lines are read as those of dotenv or INI; SOPS does not know HCL."""


def _sops(text: str, path: str) -> StandIn | None:
    """Return the placeholder for a text that SOPS has encrypted: JSON, of a JSON file or around any other, or lines."""
    if path.endswith(ASSIGNMENTS) and "ENC[" in text and _SOPS_LINE.search(text):
        return _SOPS
    is_json = text[:1] == "{" or text[:LONGEST_BEGINNING].lstrip().startswith("{")
    return _SOPS if is_json and _SOPS_METADATA.search(text) and _SOPS_VALUE.search(text) else None


def encrypted(document: Value) -> StandIn | None:
    """Return the placeholder for a document with values encrypted by SOPS; None for others.

    Source: https://getsops.io/docs/
    """
    data = document.data
    metadata = data["sops"].data if isinstance(data, dict) and "sops" in data else None
    return _SOPS if isinstance(metadata, dict) and {"mac", "version"} & metadata.keys() else None
