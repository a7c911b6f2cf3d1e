import unicodedata
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from app.core.safe_text import MAX_MARKS, safe_json, safe_line, safe_text

BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
ANY_TEXT = st.text(st.characters(categories=None, exclude_categories=()), max_size=80)


def is_harmful(character: str) -> bool:
    category = unicodedata.category(character)
    return (
        category in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(character) in BIDI
        or character in "\u200e\u200f\u061c\ufeff"
    ) and character != "\n"


def test_no_code_point_survives_that_a_terminal_obeys():
    everything = "a".join(map(chr, range(0x110000)))
    cleaned = safe_text(everything)
    assert not [hex(ord(c)) for c in set(cleaned) if is_harmful(c)]
    assert cleaned.count("a") == everything.count("a")


def test_no_invisible_tag_survives():
    """Unicode's tag characters spell ASCII that no terminal shows."""
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "rm -rf ~")
    shown = safe_text(f"hello{hidden}")
    assert shown == "hello" + "\ufffd" * len(hidden)


def test_letters_of_every_script_pass_unchanged():
    visible = [
        character
        for character in map(chr, range(0x20, 0x110000))
        if unicodedata.category(character)[0] in "LNPS" and character != "\ufffc"
    ]
    assert safe_text("".join(visible)) == "".join(visible)


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(text: str):
    assert safe_text(safe_text(text)) == safe_text(text)
    assert safe_line(safe_line(text)) == safe_line(text)


@given(ANY_TEXT)
def test_a_line_is_one_line_and_can_be_encoded(text: str):
    line = safe_line(text)
    assert len(line.splitlines()) <= 1
    line.encode()


@given(ANY_TEXT)
def test_visible_ascii_is_never_lost(text: str):
    kept = [c for c in text if "!" <= c <= "~"]
    assert [c for c in safe_text(text) if "!" <= c <= "~"] == kept


def test_real_attacks_become_visible_text():
    assert safe_text("\x1b]0;owned\x07") == "␛]0;owned␇"
    assert safe_text("\x1b[2J\x9b31m") == "␛[2J\ufffd31m"
    assert safe_text("abc\u202egnp.exe") == "abc\ufffdgnp.exe"
    assert safe_text("one\r\ntwo\rthree\x85four") == "one\ntwo\nthree\nfour"
    assert safe_line("ok\n[ERROR] forged") == "ok ⏎ [ERROR] forged"
    assert safe_text("\x7f\x00") == "␡␀"


def test_towers_of_marks_are_cut_and_ordinary_accents_stay():
    assert safe_text("z" + "\u0301" * 50) == "z" + "\u0301" * MAX_MARKS
    assert safe_text("Việt é กี้ שָׁלוֹם") == "Việt é กี้ שָׁלוֹם"


def test_emoji_sequences_stay_whole():
    family = "👩\u200d👩\u200d👧 🏳️\u200d🌈 👍🏽"
    assert safe_text(family) == family


def test_json_is_cleaned_at_every_depth():
    dirty = {"a\x1b": ["\x1b[31m", {"b": "\u202e"}], "n": 1, "f": 0.5, "t": True}
    clean = {"a␛": ["␛[31m", {"b": "\ufffd"}], "n": 1, "f": 0.5, "t": True}
    assert safe_json(dirty) == clean


def test_dataclasses_are_cleaned_at_every_depth():
    @dataclass(frozen=True)
    class Row:
        text: str
        rows: "tuple[Row, ...]" = ()
        count: int = 1

    dirty = Row("\x1b[31m", (Row("\u202e"),))
    assert safe_json([dirty]) == [Row("␛[31m", (Row("\ufffd"),))]
