"""`mynah eval links` and `mynah eval recall` on files made here."""

import gzip
import json

import pytest

from app.cli import main
from app.core.errors import AppError
from app.evaluation.annotated_chat import read_channels

TALK = [
    ("m0", "romeo", "how do i mount a usb disk in ubuntu?", None),
    ("m1", "tybalt", "does anyone have wireless working with a broadcom card?", None),
    ("m2", "juliet", "romeo: plug it in, it should appear on the desktop", "m0"),
    ("m3", "benvolio", "tybalt: yes, you need ndiswrapper for broadcom", "m1"),
    ("m4", "romeo", "juliet: thanks, the usb disk works", "m2"),
]


@pytest.fixture
def talk(tmp_path):
    path = tmp_path / "talk.jsonl.gz"
    with gzip.open(path, "wt") as file:
        for number, (key, author, text, answers) in enumerate(TALK):
            row = {
                "guild": "Verona", "channel": "square", "id": key, "author": author,
                "ts": f"2024-05-01T10:{number:02}", "text": text, "reply_to": answers,
                "gold": True,
            }  # fmt: skip
            file.write(json.dumps(row) + "\n")
    return path


def test_links_prints_the_scores_of_the_linker_and_of_the_line_before(talk, capsys):
    assert main(["eval", "links", str(talk), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["link"]["f1"] == 1.0
    assert result["cluster"] == {"vi": 1.0, "one_to_one": 1.0, "f1": 1.0}
    # The line before is right once: for m0, which starts the talk.
    assert result["previous"]["link"]["precision"] == pytest.approx(1 / 5)


def test_links_has_a_table_for_people(talk, capsys):
    assert main(["eval", "links", str(talk)]) == 0
    assert "previous message" in capsys.readouterr().out


def test_recall_prints_shares_beside_the_baseline(talk, capsys):
    assert main(["eval", "recall", str(talk), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["pairs"] == 3
    assert result["at"]["5"] == 1.0
    assert set(result["baseline"]) == set(result["at"])


def test_judged_rows_name_all_their_parents(tmp_path):
    rows = [
        {"channel": "a", "id": "1", "author": "x", "ts": None, "text": "one"},
        {"channel": "a", "id": "2", "author": "y", "ts": "2024-01-01T00:00",
         "text": "2", "gold": True, "links": ["1", "0"], "reply_to": "1"},
        {"channel": "a", "id": "3", "author": "y", "ts": None, "text": "3",
         "gold": True, "reply_to": None},
    ]  # fmt: skip
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    (judged,) = read_channels([path])
    # A parent that is not in the file can be found by nobody, and counts as missed.
    assert judged.parents == {1: frozenset({0, -2}), 2: frozenset({2})}
    assert len({line.seconds for line in judged.lines}) == 1


@pytest.mark.parametrize("content", ["[1, 2]", "{", '{"a": 1}', "\x1f\x8b\xff"])
def test_a_file_of_another_form_is_refused(tmp_path, content):
    path = tmp_path / "rows.jsonl"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(AppError, match="JSON Lines"):
        list(read_channels([path]))
