"""``fileset()`` and what leads to files; the answers of Terraform are those of ``terraform console`` (1.11.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.documents.values import SetOf, Value, unknown
from iamlint.hcl.evaluation.evaluate import evaluate
from iamlint.hcl.reading.native import read_expression
from iamlint.hcl.scope import Files, Scope
from iamlint.location import SourceText, Unreadable
from iamlint.unknown import Unknown

NAMES = (
    *("c/x.yaml", "c/y.yml", "c/d/z.yaml", "c/d/e/w.yaml", "c1/x.yaml", "real/x.yaml", "real/sub/q.yaml"),
    *(".hid/h.yaml", "x{y}/k.yaml", "b[z]/k.yaml", "a.yaml", "b.yaml", "ab.yaml", ".dot.yaml"),
)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    root = tmp_path / "top" / "root"
    for name in NAMES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n", encoding="utf-8")
    (root / "l").symlink_to("real")
    (root / "as_text").write_text("real", encoding="utf-8")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "o.yaml").write_text("", encoding="utf-8")
    (tmp_path / "top" / "beside.txt").write_text("beside", encoding="utf-8")
    return Files((tmp_path / "top",), root)


def value(files: Files, text: str) -> Value:
    source = SourceText("main.tf", text)
    expression = read_expression(source)
    assert not isinstance(expression, Unreadable)
    path = Value({"module": Value("."), "cwd": unknown("path.cwd depends", reference="path.cwd")})
    return evaluate(expression, Scope(source, lambda name: path if name == "path" else None, files))


def found(files: Files, text: str) -> list[object]:
    data = value(files, text).data
    assert isinstance(data, SetOf), data
    return [element.data for element in data.elements]


def why(files: Files, text: str) -> str:
    data = value(files, text).data
    assert isinstance(data, Unknown), data
    assert not data.refused
    return data.reason


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ('".", "./c/*.yaml"', ["c/x.yaml"]),
        ('".", "c//*.yaml"', ["c/x.yaml"]),
        ('".", "c/./*.yaml"', ["c/x.yaml"]),
        ('".", "*/../c1/*.yaml"', ["c1/x.yaml"]),
        ('".", "/a.yaml"', ["a.yaml"]),
        ('".", "a.yaml/"', ["a.yaml"]),
        ('"c", "../c1/*.yaml"', ["../c1/x.yaml"]),
        ('"c/", "./*.yaml"', ["x.yaml"]),
        ('"c*", "*.yaml"', ["../c/x.yaml", "../c1/x.yaml"]),
        ('"c*/d", "*.yaml"', ["../../c/d/z.yaml"]),
        ('"c**", "*.yaml"', ["../c/x.yaml", "../c1/x.yaml"]),
        ('".", "l/*.yaml"', ["l/x.yaml"]),
        ('".", "l/**"', ["l/sub/q.yaml", "l/x.yaml"]),
        ('".", "**/x.yaml"', ["c/x.yaml", "c1/x.yaml", "l/x.yaml", "real/x.yaml"]),
        ('".", "**/**/q.yaml"', ["l/sub/q.yaml", "real/sub/q.yaml"]),
        ('".", "c/**/"', ["c/d/e/w.yaml", "c/d/z.yaml", "c/x.yaml", "c/y.yml"]),
        ('".", "c**"', []),
        ('".", "c/**d/*.yaml"', ["c/d/z.yaml"]),
        ('".", "[!a].yaml"', ["a.yaml"]),
        ('".", "[^a].yaml"', ["b.yaml"]),
        ('".", "[a-b].yaml"', ["a.yaml", "b.yaml"]),
        ('".", "{a,{b,ab}}.yaml"', ["b.yaml"]),
        ('".", "{c,c1}/*.yaml"', ["c/x.yaml", "c1/x.yaml"]),
        ('".", "{[ab],q}.yaml"', ["a.yaml", "b.yaml"]),
        ('".", "{,a}b.yaml"', ["ab.yaml", "b.yaml"]),
        ('".", "x\\\\{y\\\\}/*.yaml"', ["x{y}/k.yaml"]),
        ('".", "*/k.yaml"', ["b[z]/k.yaml", "x{y}/k.yaml"]),
        ('".", ".*/*.yaml"', [".hid/h.yaml"]),
        ('".", "c/*.json"', []),
        ('abspath("c"), "*.yaml"', ["x.yaml"]),
    ],
)
def test_as_terraform(files: Files, call: str, names: list[str]) -> None:
    assert found(files, f"fileset({call})") == names


def test_a_directory_that_is_not_there_is_empty_and_noted(files: Files) -> None:
    assert found(files, 'fileset("nosuch", "*.yaml")') == []
    assert found(files, 'fileset(".", "c/nosuch/**")') == []
    assert files.assumed == {"nosuch", "c/nosuch"}
    assert found(files, 'fileset("c", "*.json")') == []
    assert files.assumed == {"nosuch", "c/nosuch"}


def test_a_name_that_stands_for_no_directory_is_empty_and_not_noted(files: Files) -> None:
    for name in ("-", "-/rules", "${path.module}/-", "_", "./-"):
        assert found(files, f'fileset("{name}", "**/*.yaml")') == [], name
    assert found(files, 'fileset(".", "-/*.yaml")') == []
    assert files.assumed == set()
    assert found(files, 'fileset("-a", "*.yaml")') == []
    assert files.assumed == {"-a"}


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('fileset(".", ".terraform/**")', "Terraform or git makes"),
        ('fileset(".", "**/modules.json")', "Terraform or git makes"),
        ('fileset(".", ".t*/**")', "Terraform or git makes"),
        ('fileset(".", "*.hcl")', "Terraform or git makes"),
        ('fileset("c", "../.terraform*")', "Terraform or git makes"),
        ('fileset(".", "nosuch.yaml")', "is not there"),
        ('fileset("as_text", "*.yaml")', "symbolic links"),
        ('fileset("/etc", "*")', "outside of what iamlint was given"),
        ('fileset(".", "[a")', "not a pattern"),
        ('fileset(".", "c[/]x.yaml")', "not a pattern"),
        ('fileset(".", "[a-]b.yaml")', "not a pattern"),
        ('fileexists("nosuch")', "is not there"),
        ('fileexists(".terraform/environment")', "is not there"),
        ('can(file("nosuch"))', "is not there"),
        ('try(file("nosuch"), "none")', "is not there"),
        ('try(templatefile("nosuch.tftpl", {}), "none")', "is not there"),
        ('try(filemd5("nosuch"), "none")', "is not there"),
        ('abspath("c") == "/srv/c"', "depends on where"),
        ('endswith(abspath("c"), "/elsewhere")', "depends on where"),
        ("length(path.cwd)", "path.cwd depends"),
        ('basename(path.cwd) == "root"', "depends on where"),
    ],
)
def test_unknown(files: Files, expression: str, reason: str) -> None:
    assert reason in why(files, expression)


def test_links_out_of_the_roots_and_in_circles_are_unknown(files: Files, tmp_path: Path) -> None:
    (files.base / "out").symlink_to(tmp_path / "outside")
    assert "outside" in why(files, 'fileset("out", "*.yaml")')
    assert "leads out" in why(files, 'fileset(".", "**/*.yml")')
    (files.base / "out").unlink()
    (files.base / "c" / "up").symlink_to("..")
    assert "links in a circle" in why(files, 'fileset("c", "**/*.yaml")')
    assert found(files, 'fileset("c", "*.yaml")') == ["x.yaml"]


@pytest.mark.parametrize(
    "expression",
    [
        'file(abspath("c/x.yaml"))',
        'file("${abspath(path.module)}/c/x.yaml")',
        'file("${path.cwd}/c/x.yaml")',
        'file("${dirname(path.cwd)}/root/c/x.yaml")',
        'file("../${basename(path.cwd)}/c/x.yaml")',
        'file("${basename(abspath("real/../c"))}/x.yaml")',
        'file(pathexpand(abspath("./c/../c/x.yaml")))',
        'templatefile("${abspath(path.module)}/c/x.yaml", {})',
        'file(join("/", [path.cwd, "c", "x.yaml"]))',
    ],
)
def test_what_leads_to_a_file_is_followed(files: Files, expression: str) -> None:
    assert value(files, expression).data == "c/x.yaml\n"


def test_known_all_the_same(files: Files) -> None:
    assert value(files, 'fileexists("a.yaml")').data is True
    assert value(files, 'basename(abspath("c/d"))').data == "d"
    assert value(files, 'abspath("/etc/../srv/x")').data == "/srv/x"
    (files.base / ".terraform.lock.hcl").write_text("", encoding="utf-8")
    assert value(files, 'fileexists(".terraform.lock.hcl")').data is True
    assert "changes the file" in why(files, 'file(".terraform.lock.hcl")')
    assert value(files, 'file("../beside.txt")').data == "beside"


def test_many_choices_end(files: Files) -> None:
    assert "choices" in why(files, f'fileset("c", "{"{a,b}" * 20}")')
    assert found(files, f'fileset("c", "{"*" * 300}z")') == []


def test_what_init_installs_of_a_module_is_read(files: Files) -> None:
    inside = files.base / ".terraform" / "modules" / "m" / "t.txt"
    inside.parent.mkdir(parents=True)
    inside.write_text("t", encoding="utf-8")
    assert value(files, 'file(".terraform/modules/m/t.txt")').data == "t"
    assert found(files, 'fileset(".terraform/modules/m", "*.txt")') == ["t.txt"]
    (files.base / ".terraform" / "modules" / "modules.json").write_text("{}", encoding="utf-8")
    assert "changes the file" in why(files, 'file(".terraform/modules/modules.json")')
