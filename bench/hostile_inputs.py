"""Hostile inputs: each writes files of at most 1 MB into a directory, and is named after what it tries to exhaust.

An input is a function of a directory; its name in the table is the function's, with hyphens. It may return further
arguments for ``iamlint check``, which runs in that directory, or another command with its arguments.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

MOST = 1_000_000
"""Maximum size of one input in bytes."""
Input = Callable[[Path], "list[str] | None"]
INPUTS: dict[str, Input] = {}
TOKENS = "roles/iam.serviceAccountTokenCreator"
HONEST = f'resource "google_project_iam_member" "honest" {{\n  project = "shop"\n  role    = "{TOKENS}"\n  member  = "user:ana@example.com"\n}}\n'
"""A grant whose finding must be reported, whatever else is in the input."""


def hostile(function: Input) -> Input:
    """Put a function among the inputs."""
    INPUTS[function.__name__.strip("_").replace("_", "-")] = function
    return function


def write(path: Path, text: str | Iterable[str]) -> None:
    """Write a text, or as many of its pieces as fit into the rest of a megabyte."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pieces, size = [], 0
    for piece in [text] if isinstance(text, str) else text:
        size += len(piece.encode())
        if size > MOST:
            break
        pieces.append(piece)
    path.write_text("".join(pieces), encoding="utf-8", newline="\n")


def locals_of(name: str, first: str, step: str, depth: int = 45) -> str:
    """Return locals, each made of the one before, which ``step`` names by ``{0}``."""
    lines = [f"  {name}0 = {first}\n"]
    lines += [f"  {name}{n + 1} = {step.replace('{0}', f'local.{name}{n}')}\n" for n in range(depth)]
    return "locals {\n" + "".join(lines) + "}\n"


def account(number: int) -> str:
    return f"a{number}@p.iam.gserviceaccount.com"


def grant_on(number: int, holder: str, role: str = TOKENS) -> str:
    """Return a grant on an account, as short as possible."""
    return (
        f'resource "google_service_account_iam_member" "g{number}" {{\n'
        f'service_account_id = "projects/p/serviceAccounts/{account(number)}"\nrole = "{role}"\nmember = "{holder}"\n}}\n'
    )


def member(name: str, role: str, who: str, more: str = "") -> str:
    return f'resource "google_project_iam_member" "{name}" {{\nproject = "p"\nrole = {role}\nmember = {who}\n{more}}}\n'


def policy(bindings: Iterable[dict[str, Any]]) -> str:
    """A project's policy, with as many bindings as fit."""
    kept, size = [], 100
    for binding in bindings:
        size += len(json.dumps(binding)) + 2
        if size > MOST:
            break
        kept.append(binding)
    return json.dumps({"bindings": kept, "etag": "BwX=", "version": 3})


def forever(piece: Callable[[int], str]) -> Iterator[str]:
    number = 0
    while True:
        yield piece(number)
        number += 1


# -- values that grow --------------------------------------------------------------------------------------------------


@hostile
def text_doubled(at: Path) -> None:
    use = member("x", '"roles/viewer"', '"user:${local.a45}"')
    write(at / "main.tf", HONEST + 'variable "v" {}\n' + locals_of("a", '"x${var.v}y"', '"${{0}}${{0}}"') + use)


@hostile
def text_doubled_by_functions(at: Path) -> None:
    kinds = ('join("", [{0}, {0}])', 'format("%s%s", {0}, {0})', 'replace("aa", "a", {0})', 'upper("${{0}}${{0}}")')
    grown = "".join(locals_of("abcd"[n], '"x${var.v}y"', kind, 40) for n, kind in enumerate(kinds))
    use = "".join(member(n, '"roles/viewer"', f'"user:${{local.{n}40}}"') for n in "abcd")
    write(at / "main.tf", HONEST + 'variable "v" {}\n' + grown + use)


@hostile
def text_long(at: Path) -> None:
    grown = locals_of("a", '"ab"', '"${{0}}${{0}}"', 20)
    kinds = ('"user:${local.a20}@b.c"', '"serviceAccount:${local.a20}@p.iam.gserviceaccount.com"')
    uses = (member(f"x{n}", f'"{TOKENS}"' if n % 3 else "local.a20", kinds[n % 2]) for n in range(4000))
    keys = 'resource "google_project_iam_member" "k" {\nfor_each = toset([local.a20])\nproject = each.key\nrole = "roles/owner"\nmember = "user:a@b.c"\n}\n'
    write(at / "main.tf", (HONEST, grown, keys, *uses))


@hostile
def list_doubled(at: Path) -> None:
    use = "".join(
        member(f"x{n}", '"roles/viewer"', f"{call}(local.a45) == 1 ? 2 : 3")
        for n, call in enumerate(("jsonencode", "yamlencode", "flatten", "toset", "distinct", "tolist", "sha1", "try"))
    )
    write(at / "main.tf", HONEST + locals_of("a", '["x"]', "[{0}, {0}]") + use)


@hostile
def object_doubled(at: Path) -> None:
    use = member("x", '"roles/viewer"', 'local.a45 == local.a45 ? "user:a@b.c" : "user:d@e.f"')
    merged = member("y", '"roles/viewer"', 'keys(merge(local.a45, local.a44))[0] == "x" ? "a" : local.a45')
    write(at / "main.tf", HONEST + locals_of("a", '{ x = "x" }', "{ x = {0}, y = {0} }") + use + merged)


@hostile
def list_doubled_in_bodies(at: Path) -> None:
    blocks = forever(
        lambda n: f'resource "google_storage_bucket" "b{n}" {{\nlabels = local.a45\nname = local.a45\n}}\n'
    )
    write(at / "main.tf", (HONEST, locals_of("a", '["x"]', "[{0}, {0}]"), *(next(blocks) for _ in range(3000))))


@hostile
def policy_doubled(at: Path) -> None:
    grown = locals_of("a", '[{ role = "roles/viewer", members = ["user:a@b.c"] }]', "concat({0}, {0})", 30)
    use = 'resource "google_project_iam_policy" "p" {\nproject = "p"\npolicy_data = jsonencode({ bindings = local.a%d })\n}\n'
    write(at / "main.tf", HONEST + grown + "".join((use % n).replace('"p" {', f'"p{n}" {{') for n in range(31)))


@hostile
def numbers(at: Path) -> None:
    lines = [
        *(
            "pow(10, 999999999)",
            "1e999999999",
            "pow(pow(9, 9), pow(9, 9))",
            'parseint("f", 16)',
            'format("%999999999d", 1)',
        ),
        *('format("%*d", 999999999, 1)', 'format("%.999999999f", 1)', "range(0, 1e9)", "range(1, 1e9, 1e-9)"),
        *('cidrsubnets("10.0.0.0/8", 24, 24)', 'cidrsubnet("::/0", 128, 99999999999)', 'indent(999999999, "a\\nb")'),
        *("1 / 3 * 3 % 7", "floor(1e999)", "9" * 100_000, 'parseint("9", 10) * ' + "9" * 4000),
        *('strrev(join("", [for x in range(99999) : "é"]))', "setproduct(range(1000), range(1000), range(1000))"),
    ]
    uses = "".join(member(f"x{n}", '"roles/viewer"', line) for n, line in enumerate(lines))
    write(at / "main.tf", HONEST + uses + locals_of("a", "99999999", "{0} * {0}") + member("y", '"r"', "local.a45"))


# -- work that grows ---------------------------------------------------------------------------------------------------


@hostile
def loops_nested(at: Path) -> None:
    loop = "length([for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a + b + c]]])"
    write(at / "main.tf", HONEST + member("x", '"roles/viewer"', loop))


@hostile
def loops_many(at: Path) -> None:
    piece = 'resource "google_project_iam_member" "l{0}" {{\nproject="p"\nrole="r"\nmember=length([for a in range(9999) : a + {0}])\n}}\n'
    write(at / "main.tf", (HONEST, *map(piece.format, range(9000))))


@hostile
def loops_in_many_roots(at: Path) -> None:
    loop = "length([for a in range(999) : [for b in range(999) : a + b]])"
    for number in range(1500):
        write(at / f"r{number}" / "main.tf", "".join(member(f"x{n}", '"r"', loop) for n in range(4)))
    write(at / "zz" / "main.tf", HONEST)


@hostile
def roots_many(at: Path) -> None:
    for number in range(5000):
        write(at / f"r{number}" / "main.tf", member("x", f'"{TOKENS}"', '"user:a@b.c"'))


@hostile
def templates_nested(at: Path) -> None:
    text = (
        '"%{ for a in range(999) }%{ for b in range(999) }%{ for c in range(999) }x%{ endfor }%{ endfor }%{ endfor }"'
    )
    write(at / "main.tf", HONEST + "".join(member(f"x{n}", '"r"', text) for n in range(500)))


@hostile
def template_files(at: Path) -> None:
    write(at / "t.tpl", "${a}" * 100_000)
    uses = (member(f"x{n}", '"r"', f'templatefile("t.tpl", {{ a = "{n}" }})') for n in range(4000))
    write(at / "main.tf", (HONEST, *uses))


@hostile
def decoded_again(at: Path) -> None:
    write(at / "d.yaml", "".join(f"k{n}: [a, b]\n" for n in range(20_000)))
    write(at / "d.json", json.dumps({f"k{n}": ["a"] for n in range(15_000)}))
    calls = ('yamldecode(file("d.yaml")).k{0}', 'jsondecode(file("d.json")).k{0}', 'base64encode(file("d.yaml"))')
    uses = (member(f"x{n}", '"r"', calls[n % 3].format(n) + "[0]" * (n % 3 < 2)) for n in range(3000))
    write(at / "main.tf", (HONEST, *uses))


@hostile
def patterns(at: Path) -> None:
    text = 'join("", [for x in range(30000) : "ab"])'
    calls = (
        'regexall("(a|b|ab)*(a+)+$", local.t)',
        'replace(local.t, "/(.*)(.*)(.*)x/", "$1")',
        'regex("(?:a?){900}b{900}", local.t)',
    )
    uses = (member(f"x{n}", '"r"', calls[n % 3].replace("900", str(500 + n))) for n in range(2000))
    write(at / "main.tf", (HONEST, f"locals {{\nt = {text}\n}}\n", *uses))


@hostile
def filesets(at: Path) -> None:
    for number in range(3000):
        write(at / "data" / f"d{number % 50}" / f"f{number}.txt", "x")
    glob = "**/{d,**/f}*{,?,*}*{1,2,3,**}*"
    uses = (member(f"x{n}", '"r"', f'join("", fileset("data", "{glob}{n}"))') for n in range(3000))
    write(at / "main.tf", (HONEST, *uses))


@hostile
def tries_nested(at: Path) -> None:
    deep = "try(" * 90 + "var.x.y" + ", can(1 + 1))" * 90
    uses = (member(f"x{n}", '"r"', deep) for n in range(500))
    write(at / "main.tf", (HONEST, 'variable "x" {}\n', *uses))


@hostile
def conditionals_nested(at: Path) -> None:
    # Both branches use the value of each local, at each of 300 levels.
    step = "length({0}) > 1 ? [for x in {0} : x] : [for y in {0} : upper(y)]"
    write(
        at / "main.tf",
        HONEST + locals_of("a", "[for i in range(9000) : i]", step, 290) + member("x", '"r"', "local.a290[0]"),
    )


@hostile
def reasons_nested(at: Path) -> None:
    first = 'resource "google_project" "p0" {\nfor_each = var.x\nname = each.key\n}\n'
    rest = (
        f'resource "google_project" "p{n}" {{\nfor_each = google_project.p{n - 1}\nname = "${{each.value.name}}-${{each.key}}"\n}}\n'
        for n in range(1, 6000)
    )
    write(at / "main.tf", (HONEST, 'variable "x" {}\n', first, *rest))


# -- modules and instances ---------------------------------------------------------------------------------------------


@hostile
def module_tree(at: Path) -> None:
    for level in range(40):
        calls = "".join(f'module "{n}" {{\nsource = "../m{level + 1}"\n}}\n' for n in "ab")
        write(at / f"m{level}" / "main.tf", HONEST + calls)
    write(at / "m40" / "main.tf", HONEST)


@hostile
def module_tree_without_facts(at: Path) -> None:
    for level in range(40):
        calls = "".join(f'module "m{n}" {{\nsource = "../m{level + 1}"\nv = var.v\n}}\n' for n in range(9))
        write(at / f"m{level}" / "main.tf", 'variable "v" {\ndefault = 1\n}\n' + calls)
    write(at / "m40" / "main.tf", "")
    write(at / "zz" / "main.tf", HONEST)


@hostile
def module_counts(at: Path) -> None:
    for level in range(5):
        write(at / f"m{level}" / "main.tf", f'module "m" {{\nsource = "../m{level + 1}"\ncount = 9999\n}}\n')
    write(at / "m5" / "main.tf", member("x", '"roles/owner"', '"user:a@b.c"'))
    write(at / "zz" / "main.tf", HONEST)


@hostile
def instances(at: Path) -> None:
    piece = 'resource "google_project_iam_member" "x{0}" {{\ncount = 9999\nproject = "p${{count.index}}"\nrole = "roles/owner"\nmember = "user:a{0}@b.c"\n}}\n'
    write(at / "main.tf", (HONEST, *map(piece.format, range(5000))))


@hostile
def instances_in_many_roots(at: Path) -> None:
    piece = 'resource "google_project_iam_member" "x{0}" {{\ncount = 9999\nproject = "p${{count.index}}"\nrole = "roles/owner"\nmember = "user:a{0}@b.c"\n}}\n'
    for number in range(2000):
        write(at / f"r{number}" / "main.tf", "".join(map(piece.format, range(3))))
    write(at / "zz" / "main.tf", HONEST)


@hostile
def members_of_instances(at: Path) -> None:
    people = '[for n in range(9999) : "user:a${n}@b.c"]'
    piece = 'resource "google_project_iam_binding" "x{0}" {{\ncount = 999\nproject = "p${{count.index}}"\nrole = "roles/owner"\nmembers = local.m\n}}\n'
    write(at / "main.tf", (HONEST, f"locals {{\nm = {people}\n}}\n", *map(piece.format, range(1000))))


@hostile
def set_product(at: Path) -> None:
    each = 'for_each = { for p in setproduct(range(99), range(99)) : "${p[0]}-${p[1]}" => p }'
    piece = (
        'resource "google_project_iam_member" "x{0}" {{\n'
        + each
        + '\nproject = "p"\nrole = "roles/owner"\nmember = "user:${{each.key}}@b.c"\n}}\n'
    )
    write(
        at / "main.tf",
        (HONEST, *(piece.replace("{0}", str(n)).replace("{{", "{").replace("}}", "}") for n in range(3000))),
    )


@hostile
def blocks_nested(at: Path) -> None:
    dynamic = 'dynamic "a" {\nfor_each = range(300)\ncontent {\ndynamic "b" {\nfor_each = range(300)\ncontent {\ndynamic "c" {\nfor_each = range(300)\ncontent {\nx = 1\n}\n}\n}\n}\n}\n}\n'
    kinds = (
        "google_cloud_run_v2_service",
        "google_iam_deny_policy",
        "google_compute_instance",
        "google_bigquery_dataset",
    )
    blocks = forever(
        lambda n: f'resource "{kinds[n % 4]}" "x{n}" {{\nname = "x"\n{dynamic}{dynamic.replace("a", "rules")}}}\n'
    )
    write(at / "main.tf", (HONEST, *(next(blocks) for _ in range(1000))))


# -- syntax ------------------------------------------------------------------------------------------------------------


@hostile
def brackets(at: Path) -> None:
    write(at / "a.tf", "locals {\na = " + "[" * 400_000)
    write(at / "b.tf", "a {\n" * 150_000)
    write(at / "c.tf", HONEST)


@hostile
def syntax_errors(at: Path) -> None:
    write(at / "a.tf", "= {\n" * 120_000)
    write(at / "b.tf", "a = = \n" * 60_000)
    write(at / "c.tf", HONEST)


@hostile
def sum_(at: Path) -> None:
    write(at / "a.tf", "locals {\na = 1" + "+1" * 490_000 + "\n}\n" + member("x", '"r"', "local.a"))
    write(at / "c.tf", HONEST)


@hostile
def chain_of_names(at: Path) -> None:
    write(
        at / "a.tf",
        "locals {\na = b" + ".c" * 160_000 + "\nd = b" + "[*]" * 100_000 + "\ne = b" + "[0]" * 100_000 + "\n}\n",
    )
    write(at / "c.tf", HONEST + member("x", '"r"', '"${local.a}${local.d}${local.e}"'))


@hostile
def negations(at: Path) -> None:
    write(
        at / "a.tf",
        "locals {\na = " + "!" * 300_000 + "true\nb = " + "-" * 300_000 + "1\nc = " + "a ? b : " * 40_000 + "1\n}\n",
    )
    write(at / "c.tf", HONEST + member("x", '"r"', '"${local.a}${local.b}${local.c}"'))


@hostile
def blocks_empty(at: Path) -> None:
    write(at / "a.tf", "a {}\n" * 190_000)
    write(at / "c.tf", HONEST)


@hostile
def unknown_parts(at: Path) -> None:
    write(
        at / "a.tf",
        'variable "v" {}\nlocals {\na = "' + "${var.v}" * 120_000 + '"\n}\n' + member("x", '"r"', "local.a"),
    )
    write(at / "c.tf", HONEST)


@hostile
def heredocs(at: Path) -> None:
    write(
        at / "a.tf",
        "locals {\n"
        + "".join(f"a{n} = <<-E\n  x\n    %{{ if true ~}} y %{{~ endif }}\n E\n" for n in range(15_000))
        + "}\n",
    )
    write(at / "c.tf", HONEST)


@hostile
def commands_without_words(at: Path) -> None:
    pieces = {"a": "curl:" * 60_000, "b": "\\\\\\\\a" * 30_000, "c": "gcloud iam a ''b" * 12_000}
    runs = (f'provisioner "local-exec" {{\ncommand = "{text}"\n}}\n' for text in pieces.values())
    write(at / "a.tf", f'resource "null_resource" "x" {{\n{"".join(runs)}}}\n')
    write(at / "b.tf", HONEST)


@hostile
def commands_of_many_instances(at: Path) -> None:
    text = "gcloud iam a ''b" * 5_000
    body = f'count = 10000\nkey = "k${{count.index}}"\nvalue = "{text}${{count.index}}"\n'
    write(at / "a.tf", f'resource "google_compute_project_metadata_item" "x" {{\n{body}}}\n')
    write(at / "b.tf", HONEST)


@hostile
def long_line(at: Path) -> None:
    blocks = "".join(member(f"x{n}", '"roles/owner"', '"user:a@b.c"').replace("\n", "\r") for n in range(2))
    items = ", ".join(f'"user:a{n}@b.c"' for n in range(45_000))
    write(
        at / "a.tf",
        f'resource "google_project_iam_binding" "x" {{\nproject = "p"\nrole = "roles/owner"\nmembers = [{items}]\n}}\n',
    )
    write(at / "b.tf", HONEST + f"# {blocks}")


@hostile
def comments(at: Path) -> None:
    piece = member("x{0}", '"roles/owner"', '"user:a{0}@b.c"')
    write(at / "a.tf", (f"# iamlint: ignore[basic-role]\n{piece.replace('{0}', str(n))}" for n in range(5000)))
    write(at / "b.tf", HONEST + "# iamlint: ignore[no-such-rule] x\n" * 9_000)
