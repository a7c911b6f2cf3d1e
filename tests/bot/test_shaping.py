"""A voice's own words, and states of it that are kept and brought back."""

import json
from pathlib import Path

import pytest

from app.bot.own_words import own_phrases, own_words
from app.bot.service import open_service
from app.errors import UsageError
from app.ipc import control
from app.paths import Home


class Nobody:
    """An asker that needs no notifications."""

    async def notify(self, notification: object) -> None:
        pass


def test_a_word_is_its_own_when_it_is_said_often_and_not_everywhere():
    texts = ["blorp, good morning"] * 3 + ["that's good"] * 9 + ["zzyx!"] * 2
    assert own_words(texts, 5) == [("blorp", 3)]


def test_a_word_counts_once_a_message():
    assert own_words(["blorp blorp blorp", "blorp", "blorp"], 5) == [("blorp", 3)]


def test_a_phrase_beats_the_same_words_by_chance():
    texts = ["pizza of doom again"] * 5
    texts += ["pizza with tea", "the doom march", "again and again", "of the sea"] * 5
    assert own_phrases(texts, 1) == [("pizza of doom again", 5)]


def test_a_part_of_a_phrase_is_left_out_and_so_are_stop_words():
    texts = ["in the wild goose chase"] * 4 + ["it is in the"] * 9
    found = dict(own_phrases(texts, 20))
    assert "goose chase" not in found and "in the" not in found
    assert "the wild goose chase" in found


def test_nothing_said_has_nothing_of_its_own():
    assert own_words([], 5) == [] and own_phrases(["", "🦜"], 5) == []


def export(path: Path, name: str, texts: list[str]) -> str:
    rows = [
        {"guild": "G", "channel": "c", "id": f"{name}{n}", "author": "a",
         "ts": "2024-01-01T00:00:00+00:00", "text": text}
        for n, text in enumerate(texts)
    ]  # fmt: skip
    file = path / f"{name}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(file)


@pytest.mark.process
async def test_rolling_back_forgets_what_came_after_the_snapshot(
    home: Home, tmp_path: Path
):
    before = export(tmp_path, "before", ["blorp on the roof", "blorp again"] * 2)
    raid = export(tmp_path, "raid", ["buy cheap things here"] * 3)
    asker = Nobody()
    async with open_service(home) as service:
        await service.call(asker, control.Import("G", [before]))
        taken = await service.call(asker, control.SnapshotTake("G", "calm"))
        assert taken["messages"] == 4
        await service.call(asker, control.Import("G", [raid]))
        phrases = await service.call(asker, control.Phrases("G"))
        assert "buy cheap things here" in [row["text"] for row in phrases["phrases"]]
        done = await service.call(asker, control.SnapshotRestore("G", "calm"))
        assert done["messages"] == 3
        (guild,) = (await service.call(asker, control.Guilds()))["guilds"]
        assert guild["messages"] == 4
        phrases = await service.call(asker, control.Phrases("G"))
        assert "buy" not in str(phrases)
        (kept,) = (await service.call(asker, control.Snapshots("G")))["snapshots"]
        assert kept["name"] == "calm"
        with pytest.raises(UsageError, match="no snapshot"):
            await service.call(asker, control.SnapshotRestore("G", "other"))
