"""`mynah help`: the guides on the terminal."""

import json

import pytest

from app import cli
from app.core.guides import TOPICS, all_guides


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(["help", *words]) == 0
    return capsys.readouterr().out


def test_without_a_topic_every_guide_is_listed(capsys: pytest.CaptureFixture[str]):
    listed = printed(capsys)
    for guide in all_guides():
        assert f"  {guide.topic.ljust(16)}{guide.title}" in listed


@pytest.mark.parametrize("topic", TOPICS)
def test_a_guide_is_printed_plainly(topic: str, capsys: pytest.CaptureFixture[str]):
    text = printed(capsys, topic)
    title, rule, *_ = text.splitlines()
    assert rule == "=" * len(title)
    assert "\x1b" not in text and "**" not in text


def test_json_has_the_text_as_it_is(capsys: pytest.CaptureFixture[str]):
    (row,) = map(json.loads, printed(capsys, "privacy", "--json").splitlines())
    assert row["topic"] == "privacy" and row["text"].startswith("# Privacy\n")
    rows = [json.loads(line) for line in printed(capsys, "--json").splitlines()]
    assert [row["topic"] for row in rows] == list(TOPICS)


@pytest.mark.parametrize(
    ("topic", "complaint"),
    [
        ("say", "say is a command. See `mynah say --help`."),
        ("import", "import is a command. See `mynah import --help`."),
        ("nix\x1b[2J", "There is no guide nix␛[2J. Topics: models, openai,"),
    ],
)
def test_another_topic_is_refused_with_where_to_look(
    topic: str, complaint: str, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["help", topic]) == 64
    assert capsys.readouterr().err.startswith(f"mynah: {complaint}")
