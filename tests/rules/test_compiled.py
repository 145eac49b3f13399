"""Compiled documents are what their sources say, and are not used when a source has changed."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from iamlint.diagnosis.recognition import error_kinds
from iamlint.documents.compiled import compiled_text, read_compiled
from iamlint.methods import documents
from iamlint.methods.index import methods
from iamlint.rules import catalog
from iamlint.rules.record import compiled_rules
from iamlint.sources.terraform.configuration import module_stubs

RULES = catalog.shipped_folder()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of two families, compiled to ``compiled.json`` next to it."""
    for family in ("keys", "impersonation"):
        shutil.copytree(RULES / family, tmp_path / "rules" / family)
    return tmp_path / "rules"


def test_compiled_rules_are_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "compiled.json"
    file.write_text(compiled_rules(RULES, RULES), encoding="utf-8")
    found = []
    for path in (file, tmp_path / "none.json"):
        monkeypatch.setattr(catalog, "COMPILED", path)
        catalog._built_in.cache_clear()
        rules, errors = catalog.load_rules()
        assert errors == []
        found.append(rules)
    catalog._built_in.cache_clear()
    assert found[0] == found[1]
    assert [rule.page for rule in found[0]] == [rule.page for rule in found[1]]
    assert len(found[0]) > 50
    assert found[0][0].at.path.endswith(f"{found[0][0].id}.yaml")


def test_compiled_methods_are_the_methods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "compiled.json"
    file.write_text(compiled_text(documents.heads(), documents.FOLDER), encoding="utf-8")
    monkeypatch.setattr(documents, "COMPILED", file)
    compiled = documents.load_methods()
    monkeypatch.setattr(documents, "COMPILED", tmp_path / "none.json")
    assert compiled == documents.load_methods()
    assert len(compiled) == len(methods())


def test_compiled_errors_are_the_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "compiled.json"
    file.write_text(error_kinds.compiled_kinds(checkout=True), encoding="utf-8")
    monkeypatch.setattr(error_kinds, "COMPILED", tmp_path / "none.json")
    read = error_kinds.error_kinds.__wrapped__()
    monkeypatch.setattr(error_kinds, "COMPILED", file)
    monkeypatch.setattr(yaml, "parse", lambda *_, **__: pytest.fail("YAML was parsed"))
    assert list(map(asdict, error_kinds.error_kinds.__wrapped__())) == list(map(asdict, read))
    assert len(read) > 120


def test_compiled_stubs_of_modules_are_the_stubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "compiled.json"
    read = module_stubs.documents()
    file.write_text(compiled_text(read, module_stubs.FOLDER), encoding="utf-8")
    monkeypatch.setattr(module_stubs, "COMPILED", file)
    monkeypatch.setattr(yaml, "load", lambda *_, **__: pytest.fail("YAML was parsed"))
    assert module_stubs._documents.__wrapped__() == read
    assert len(read) > 10


def test_a_changed_source_is_noticed(copied: Path) -> None:
    file = copied.parent / "compiled.json"
    one = next(copied.glob("keys/*.yaml"))

    def is_used() -> bool:
        return read_compiled(file, copied) is not None

    assert not is_used()
    for change in (
        lambda: one.write_text(one.read_text(encoding="utf-8") + "\n", encoding="utf-8"),
        lambda: os.utime(one, ns=(0, 0)),
        lambda: one.rename(one.with_name("other.yaml")),
        lambda: (copied / "keys" / "new.yaml").write_text("title: new\n", encoding="utf-8"),
        lambda: shutil.rmtree(copied / "impersonation"),
        lambda: file.write_text(file.read_text(encoding="utf-8")[:-9], encoding="utf-8"),
    ):
        file.write_text(compiled_text([], copied), encoding="utf-8")
        assert is_used()
        change()
        assert not is_used()


def test_the_sources_of_a_wheel_are_not_looked_at(copied: Path) -> None:
    file = copied.parent / "compiled.json"
    file.write_text(compiled_rules(copied, None), encoding="utf-8")
    shutil.rmtree(copied)
    found = read_compiled(file, copied)
    assert found is not None
    assert len(found.heads) > 5
    assert all("why" in found.rest(number) for number in range(len(found.heads)))


def test_a_check_of_compiled_documents_parses_no_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "compiled.json"
    file.write_text(compiled_rules(RULES, RULES), encoding="utf-8")
    monkeypatch.setattr(catalog, "COMPILED", file)
    monkeypatch.setattr(yaml, "parse", lambda *_, **__: pytest.fail("YAML was parsed"))
    catalog._built_in.cache_clear()
    assert len(catalog.load_rules()[0]) > 50
    catalog._built_in.cache_clear()
