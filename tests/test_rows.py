"""The rows of a table are one test; each of them runs, and each that fails is reported."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rows

SEEN: list[Any] = []


@pytest.mark.parametrize("one", [1, 2, 3])
def test_one_name(one: int) -> None:
    SEEN.append(one)


@pytest.mark.parametrize(("one", "two"), [(1, 2), pytest.param(3, 4, id="three")])
@pytest.mark.parametrize("other", "ab")
def test_two_tables(one: int, two: int, other: str) -> None:
    SEEN.append((one, two, other))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def odd(number: int) -> None:
    if number == 4:
        pytest.fail("four")
    assert number % 2, f"{number} is even"


def test_the_rows_are_one_test(request: pytest.FixtureRequest) -> None:
    names = [one.name for one in request.session.items if one.path == request.path]
    whole = rows.are_joined(request.config)
    assert names.count("test_one_name") == whole
    assert names.count("test_two_tables") == whole
    assert any("[" in name for name in names) != whole or names == [request.node.name]


def test_every_row_runs() -> None:
    for function, wanted in (
        (test_one_name, [1, 2, 3]),
        (test_two_tables, [(1, 2, "a"), (1, 2, "b"), (3, 4, "a"), (3, 4, "b")]),
    ):
        SEEN.clear()
        found = rows.rows_of(function)
        assert found is not None
        rows.all_of(function, found, {})()
        assert sorted(SEEN) == wanted


def test_every_row_that_fails_is_reported() -> None:
    found = rows.rows_of(odd)
    assert found is not None
    with pytest.raises(BaseExceptionGroup, match="2 of 4 rows") as caught:
        rows.all_of(odd, found, {})()
    assert [error.__notes__ for error in caught.value.exceptions] == [["row: number=2"], ["row: number=4"]]
    assert [str(error).splitlines()[0] for error in caught.value.exceptions] == ["2 is even", "four"]
    with pytest.raises(BaseExceptionGroup, match="1 of 4 rows"):
        rows.all_of(odd, found, {}, first=True)()


@pytest.mark.parametrize("number", [1, 2, 3])
def skipping(number: int, least: int) -> None:
    if number < least:
        pytest.skip("too small")
    SEEN.append(number)


def test_a_table_is_skipped_if_all_of_its_rows_are() -> None:
    found = rows.rows_of(skipping)
    assert found is not None
    SEEN.clear()
    rows.all_of(skipping, found, {})(least=2)
    assert SEEN == [2, 3]
    with pytest.raises(pytest.skip.Exception, match="too small"):
        rows.all_of(skipping, found, {})(least=9)


@pytest.mark.parametrize("number", [1, 2])
def test_each_row_has_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    assert list(tmp_path.iterdir()) == []
    assert "IAMLINT_ROW" not in os.environ
    (tmp_path / "file").touch()
    monkeypatch.setenv("IAMLINT_ROW", str(number))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "made").touch()
    yield tmp_path
    SEEN.append("end")


@pytest.fixture
def doubled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    assert "IAMLINT_ROW" not in os.environ
    monkeypatch.setenv("IAMLINT_ROW", "1")
    return 2 * len(list(folder.iterdir()))


@pytest.mark.parametrize("number", [1, 2])
def test_each_row_has_fixtures_of_its_own(doubled: int, tmp_path: Path, folder: Path, number: int) -> None:
    assert (doubled, folder) == (2, tmp_path)
    (folder / "file").touch()
    SEEN.append(number)


def test_the_fixtures_of_a_row_end_with_it(request: pytest.FixtureRequest, tmp_path_factory: Any) -> None:
    module = request.node.getparent(pytest.Module)
    found = rows.rows_of(test_each_row_has_fixtures_of_its_own)
    assert found is not None
    fresh = rows.fresh_of(module, test_each_row_has_fixtures_of_its_own, found)
    assert fresh is not None
    assert set(fresh) == {"doubled", "folder", "tmp_path", "monkeypatch"}
    SEEN.clear()
    rows.all_of(test_each_row_has_fixtures_of_its_own, found, fresh)(tmp_path_factory=tmp_path_factory)
    assert SEEN == [1, "end", 2, "end"]


@pytest.mark.usefixtures("doubled")
@pytest.mark.parametrize("number", [1, 2])
def test_fixtures_that_are_not_taken_are_made_for_each_row(number: int) -> None:
    assert os.environ.pop("IAMLINT_ROW") == "1", number


@pytest.mark.parametrize("number", [1])
def of_output(number: int, capsys: pytest.CaptureFixture[str]) -> None: ...


def test_a_fixture_that_asks_pytest_for_more_keeps_rows_apart(request: pytest.FixtureRequest) -> None:
    assert rows.fresh_of(request.node.getparent(pytest.Module), of_output, [{"number": 1}]) is None


@pytest.mark.parametrize(
    "marks",
    [
        [pytest.mark.parametrize("number", [pytest.param(1, marks=pytest.mark.xfail)])],
        [pytest.mark.parametrize("number", [1], indirect=True)],
        [pytest.mark.parametrize("number", [])],
        [pytest.mark.parametrize("other", [1])],
        [pytest.mark.parametrize("number", [1]), pytest.mark.skipif("False", reason="never")],
        [pytest.mark.usefixtures("folder")],
        [],
    ],
)
def test_rows_that_need_more_are_tests_of_their_own(marks: list[Any]) -> None:
    def function(number: int) -> None: ...

    function.pytestmark = marks
    assert rows.rows_of(function) is None
