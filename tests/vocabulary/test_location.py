"""Places in texts, and back."""

from __future__ import annotations

from every_character import CHARACTERS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamlint.location import Location, SourceText

TEXT = SourceText("main.tf", 'a = "ä"\r\nb = "😀x"\n')


def test_a_place_in_code_points_and_code_units_of_utf16() -> None:
    start = TEXT.text.index("x")
    at = TEXT.location(start, start + 1)
    assert (at.line, at.column, at.end_column) == (2, 7, 8)
    assert TEXT.offsets(at) == (start, start + 1)
    assert TEXT.utf16_columns(at) == (8, 9)


def test_what_lies_beyond_the_text_is_at_its_end() -> None:
    end = len(TEXT.text)
    assert TEXT.offsets(Location("main.tf", 9, 1, 9, 5)) == (end, end)
    assert TEXT.offsets(Location("main.tf", 1, 500, 1, 500)) == (end, end)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(CHARACTERS, max_size=60), st.data())
def test_a_location_leads_back_to_its_stretch(text: str, data: st.DataObject) -> None:
    source = SourceText("x", text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    at = source.location(start, end)
    assert source.offsets(at) == (start, end)
    line = text[:start].rpartition("\n")[2]
    assert source.utf16_columns(at)[0] == len(line.encode("utf-16-le", "surrogatepass")) // 2 + 1
