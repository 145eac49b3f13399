"""Compares the facts, or with ``--findings`` the findings, of Terraform source with those of Terraform's plan of it.

    python bench/parity.py [--findings] [--with-source] ROOT PLAN [ROOT PLAN ...]
    python bench/parity.py --list FILE      # lines of "ROOT<tab>PLAN", or "ROOT<tab>PLAN<tab>ANSWERS"

ANSWERS is a document that the source is read with: an export of what Terraform asked an API for while planning
(`bench/answers.py` makes them).

Facts are compared by kind and address, in every part that the reporter of facts prints. Of the facts that the plan
knows it counts those that are equal, those that it knows because Terraform asked an API or its environment (asked),
others that are unknown in the source, missing there, and contradicting; then those that only the source has (extra),
and those that it has in finer parts than the plan (a set with one unknown element is unknown as a whole in a plan,
while the source still names the others). ``-v`` names every fact that is not equal.

Findings are compared by rule and address: severity, principal, permissions and resource, as far as both know them; a
finding whose principal or resource the plan does not know may be less severe there. What only the plan has is missing,
or unknown (asked) if the source's answer of that rule is unknown there. What only the source has is extra, or finer if
anything is unknown to the plan at that address.

A root module's calls of modules above it are followed within its repository and within the working directory.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iamlint.facts import Resource
from iamlint.linter import lint
from iamlint.reporters.listings.facts import facts_json
from iamlint.rules.catalog import load_rules, select_rules
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading
from iamlint.unknown import shown

RULES, _ = select_rules(load_rules()[0], ("default",))
PLACE = frozenset({"kind", "address", "type", "path", "line", "unknown", "origin"})
"""Parts of an entry apart from the fact itself. A plan alone does not show who owns a dataset's access list."""
NOT_COMPARED = frozenset({"gap"})
LOOKED_UP = re.compile(r"(?:^|\.)data\.google_(?:project|folder|active_folder|organization)\.")
"""Addresses of data that a plan found, and a source only queries."""
SAYS = {"grant": ("principal", "role"), "attachment": ("account", "default", "scopes")}
"""The parts that a fact needs to say anything; for other kinds any part is enough."""
FOLLOWS = {"default": "account"}
"""Parts that are only known if another one is: an unknown account may be the default one."""
CLASSES = ("equal", "asked", "unknown", "missing", "contradicting", "extra", "finer")
ASKED = (
    "only Google's API knows",
    "only Google's API has",
    "the project is set neither here nor",
    "only known where Terraform runs",
)
"""Reasons of values that the plan knows because Terraform asked an API or its environment while planning."""
UNKNOWN = "?"
NOT_KNOWN = ("${", "(not known)")
"""What a text has that is not known in full."""
REASONS = "unknown because"
"""The part of an entry that holds the reasons of its unknown parts; it is not compared."""

AFTER_APPLY = "known after apply"
"""The reason of values that the plan does not know either."""

Entry = dict[str, Any]
Difference = tuple[str, str, str]
"""Class, kind of fact or rule, and what the fact or finding says."""
Findings = tuple[dict[tuple[str, str], list[Entry]], dict[tuple[str, str], list[str]]]


def reading(path: Path, source_root: Path | None = None, answers: Path | None = None) -> Reading:
    # A file means its directory only, without the root modules below it.
    given = next(iter(sorted(path.glob("*.tf"))), path) if path.is_dir() else path
    return read([given, answers] if answers else [given], Options(source_root=source_root))


def entries(
    path: Path, source_root: Path | None = None, answers: Path | None = None
) -> dict[tuple[str, str], list[Entry]]:
    """Return the compared facts of an input, by kind and address; unknown parts are a question mark."""
    found: dict[tuple[str, str], list[Entry]] = {}
    for line in facts_json(reading(path, source_root, answers).facts).splitlines():
        entry = json.loads(line)
        address = entry["address"]
        if entry["kind"] not in NOT_COMPARED and address is not None and not LOOKED_UP.search(address):
            found.setdefault((entry["kind"], address), []).append(normalised(entry))
    return found


def normalised(entry: Entry) -> Entry:
    """Return the parts of an entry that have content, unknown ones as question marks."""
    unknown = entry.get("unknown") or {}

    def value(name: str, found: Any) -> Any:
        match found:
            case None:
                return UNKNOWN if name in unknown else None
            case str():
                return UNKNOWN if "${" in found else found
            case list():
                return [UNKNOWN if item is None else value("", item) for item in found]
            case dict():
                # The parts of a resource or a condition have their reasons under the name of the whole.
                parts = {key: value(name if key in ("name", "expression") else key, it) for key, it in found.items()}
                return {key: UNKNOWN if (key, part) == ("kind", "unknown") else part for key, part in parts.items()}
            case _:
                return found

    parts = {name: value(name, found) for name, found in entry.items() if name not in PLACE}
    parts |= {name: UNKNOWN for name, other in FOLLOWS.items() if parts.get(other) == UNKNOWN}
    return {**parts, REASONS: sorted(set(unknown.values()))}


def relation(plan: Any, source: Any) -> str:
    """Return how a part of the plan's fact relates to the source's: equal, unknown, contradicting."""
    if plan in (source, UNKNOWN):
        return "equal"
    match plan, source:
        case _, "?":
            return "unknown"
        case dict(), dict():
            found = {relation(plan.get(key), source.get(key)) for key in (plan.keys() | source.keys()) - {REASONS}}
        case list(), list():
            return _of_lists(plan, source)
        case _:
            return "contradicting"
    return next((name for name in ("contradicting", "unknown") if name in found), "equal")


def _of_lists(plan: list[Any], source: list[Any]) -> str:
    """Compare lists without order: the rest after removing common elements decides."""
    ours, theirs = Counter(map(json.dumps, source)), Counter(map(json.dumps, plan))
    left, right = list((theirs - ours).elements()), list((ours - theirs).elements())
    unknown = json.dumps(UNKNOWN)
    if any(item != unknown for item in right) and unknown not in left:
        return "contradicting"
    if any(item != unknown for item in left):
        return "unknown" if unknown in right else "contradicting"
    return "equal"


def is_known(value: Any) -> bool:
    """Whether an entry says anything at all."""
    match value:
        case dict():
            return any(is_known(item) for key, item in value.items() if key not in ("kind", REASONS))
        case None | "?" | False:
            return False
        case list():
            return any(map(is_known, value))
        case _:
            return True


def compare(kind: str, source: list[Entry], plan: list[Entry]) -> Iterator[tuple[str, str]]:
    """The class of each fact of a kind at one address, and what it says."""

    def says_something(known: Entry) -> bool:
        return is_known({name: known[name] for name in SAYS.get(kind, known)})

    left, unmatched = list(source), sorted(plan, key=lambda known: json.dumps(known).count(UNKNOWN))
    for wanted in ("same", "equal", "unknown", "contradicting"):
        for known in list(unmatched):
            found = next((other for other in left if _stands(known, other) == wanted), None)
            if found is None:
                continue
            left.remove(found)
            unmatched.remove(known)
            if says_something(known):
                name = {"same": "equal", "unknown": "asked" if _is_asked(found) else "unknown"}.get(wanted, wanted)
                yield name, f"{json.dumps(known)} / {json.dumps(found)}"
    for known in unmatched:
        if says_something(known):
            yield "missing", json.dumps(known)
    finer = any(UNKNOWN in json.dumps(known) for known in plan)
    for other in left:
        yield ("finer" if finer else "extra"), json.dumps(other)


def _stands(plan: Entry, source: Entry) -> str:
    """Return how two facts relate; "the same" are equal, and equally known."""
    found = relation(plan, source)
    return "same" if found == "equal" and relation(source, plan) == "equal" else found


def _is_asked(found: Entry) -> bool:
    """Whether everything unknown in the source's fact is what Terraform asked for while planning."""
    others = [reason for reason in found[REASONS] if not any(asked in reason for asked in ASKED)]
    return len(others) < len(found[REASONS]) and all(AFTER_APPLY in reason for reason in others)


def pairs(arguments: argparse.Namespace) -> Iterator[tuple[Path, Path, Path | None]]:
    """The root modules and plans to compare, with the answers of those that have some."""
    if arguments.list:
        for line in arguments.list.read_text().splitlines():
            root, plan, *answers = map(Path, line.split("\t"))
            yield root, plan, next(iter(answers), None)
    given = iter(arguments.paths)
    for root, plan in zip(given, given, strict=True):
        yield root, plan, None


def differences(
    root: Path, plan: Path, answers: Path | None = None, beside: Path | None = None
) -> Iterator[Difference]:
    """Every fact of a root module and its plan, with its class. ``beside`` is the source to read the plan with."""
    source, planned = entries(root, answers=answers), entries(plan, source_root=beside or plan.parent)
    symbolic = [(kind, address) for kind, address in source if "[*]" in address]
    for kind, address in sorted((source.keys() | planned.keys()) - set(symbolic)):
        stands = [_standing_for(source[key]) for key in symbolic if _is_one_of(address, kind, key)]
        for name, what in compare(kind, source.get((kind, address), []), planned.get((kind, address), [])):
            yield stands[0] if stands and name == "missing" else name, kind, f"{address} {what}"


def findings(path: Path, source_root: Path | None = None, answers: Path | None = None) -> Findings:
    """Return the findings of an input, and the reasons of its unknown answers, by rule and address.

    Findings that one report groups have the principal of the first one, so that of the others is not compared.
    """
    report = lint(reading(path, source_root, answers), RULES)
    found: dict[tuple[str, str], list[Entry]] = {}
    for one in report.findings:
        whole = {"severity": one.severity, "permissions": one.permissions, "resource": _named(one.resource)}
        for address in (one.address or one.subject, *one.others):
            principal = None if one.others else one.principal
            parts = {**whole, "principal": principal}
            known = {name: UNKNOWN if _is_unknown(name, part) else part for name, part in parts.items()}
            found.setdefault((one.rule, address), []).append(known)
    undecided: dict[tuple[str, str], list[str]] = {}
    for answer in report.unknown_answers:
        undecided.setdefault((answer.rule or "", answer.address or ""), []).append(answer.reason)
    return found, undecided


def _named(resource: Resource | None) -> str:
    return f"{resource.kind} {shown(resource.name)}" if resource else ""


def _is_unknown(name: str, part: Any) -> bool:
    if isinstance(part, str):
        return any(text in part for text in NOT_KNOWN)
    return name == "principal" and part is None


def differing_findings(
    root: Path, plan: Path, answers: Path | None = None, beside: Path | None = None
) -> Iterator[Difference]:
    """Every finding of a root module and its plan, with its class. ``beside`` is the source to read the plan with."""
    source, undecided = findings(root, answers=answers)
    planned, not_planned = findings(plan, source_root=beside or plan.parent)
    symbolic = [key for key in (*source, *undecided) if "[*]" in key[1]]
    for rule, address in sorted((source.keys() | planned.keys()) - set(symbolic)):
        left = list(source.get((rule, address), []))
        for known in planned.get((rule, address), []):
            stands = [key for key in symbolic if _is_one_of(address, rule, key)]
            same = next((other for other in left if _agree(known, other)), None)
            if same is not None:
                left.remove(same)
                yield "equal", rule, f"{address} {known}"
            elif left:
                yield "contradicting", rule, f"{address} {known} / {left.pop()}"
            elif any(key in source for key in stands):
                yield "equal", rule, f"{address} {known}"
            else:
                reasons = [reason for key in ((rule, address), *stands) for reason in undecided.get(key, ())]
                yield _not_found(reasons), rule, f"{address} {known} {reasons[:2]}"
        for other in left:
            reasons = [reason for (_, at), reasons in not_planned.items() if at == address for reason in reasons]
            yield ("finer" if reasons else "extra"), rule, f"{address} {other} {reasons[:2]}"


def _agree(plan: Entry, source: Entry) -> bool:
    less = {"severity"} if UNKNOWN in (plan["principal"], plan["resource"]) else set()
    return all(
        part == source[name] or UNKNOWN in (part, source[name]) for name, part in plan.items() if name not in less
    )


def _not_found(reasons: list[str]) -> str:
    """The class of a finding that only the plan has, by the source's reasons for an unknown answer."""
    if not reasons:
        return "missing"
    return "asked" if _is_asked({REASONS: reasons}) else "unknown"


def _is_one_of(address: str, kind: str, key: tuple[str, str]) -> bool:
    """Whether an instance that represents any number of them includes this one."""
    pattern = r"\[[^\]]*\]".join(map(re.escape, key[1].split("[*]")))
    return kind == key[0] and re.fullmatch(pattern, address) is not None


def _standing_for(found: list[Entry]) -> str:
    return "asked" if any(map(_is_asked, found)) else "unknown"


def report(totals: dict[str, Counter[str]], plans: int, compared: str) -> None:
    """The table of kinds and classes, in Markdown. ``compared`` is what was compared, in a word."""
    print("| kind | " + " | ".join(CLASSES) + " |\n|" + " --- |" * (len(CLASSES) + 1))
    for kind, count in sorted(totals.items()):
        print(f"| {kind} | " + " | ".join(str(count[name]) for name in CLASSES) + " |")
    whole: Counter[str] = sum(totals.values(), Counter())
    known = sum(whole[name] for name in ("equal", "asked", "unknown", "missing", "contradicting"))
    print("| **all** | " + " | ".join(str(whole[name]) for name in CLASSES) + " |")
    print(f"\n{plans} plans, {known} {compared} that they know, {share(whole['equal'], known)} equal; of the", end=" ")
    print(f"{known - whole['asked']} that need no API, {share(whole['equal'], known - whole['asked'])}")


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 100:.2f} %"


def main() -> None:
    """Print what is not equal, and the totals; fails where anything contradicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--list", type=Path)
    parser.add_argument("--findings", action="store_true")
    parser.add_argument("--with-source", action="store_true", help="read each plan with its root module beside it")
    parser.add_argument("-v", "--verbose", action="store_true")
    arguments = parser.parse_args()
    totals: dict[str, Counter[str]] = {}
    number = failed = 0
    for root, plan, answers in pairs(arguments):
        number += 1
        try:
            of = differing_findings if arguments.findings else differences
            found = list(of(root, plan, answers, root if arguments.with_source else None))
        except Exception:
            traceback.print_exc()
            failed += 1
            continue
        for name, kind, what in found:
            totals.setdefault(kind, Counter())[name] += 1
            if name in ("contradicting", "missing") or (arguments.verbose and name != "equal"):
                print(f"{name:<13} {kind} {root} {what}")
    report(totals, number, "findings" if arguments.findings else "facts")
    sys.exit(bool(failed or any(count["contradicting"] for count in totals.values())))


if __name__ == "__main__":
    main()
