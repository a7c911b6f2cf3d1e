"""What a person sees of the voice: why a rule gave way, and its snapshots."""

import json
from pathlib import Path

import pytest

from app.core.paths import Home
from tests.cli.commands import answer, mynah

pytestmark = pytest.mark.process


def test_explain_says_when_so_little_is_learned_that_a_rule_gave_way(
    home: Home, tmp_path: Path
):
    file = tmp_path / "one.jsonl"
    file.write_text('{"id": "1", "author": "a", "text": "the only line there is"}\n')
    answer(home, "import", "den", str(file))
    said = mynah(
        home, "say", "--guild", "den", "--mode", "markov", "--explain", "well?"
    )
    assert said.returncode == 0
    assert "it repeats one message, because it has learned little" in said.stdout
    assert "“the only line there is” of" in said.stdout
    assert "x-ray  5 words by the voice, 0 by both, 0 by the model" in said.stdout
    assert "\x1b" not in said.stdout


def test_a_snapshot_is_taken_compared_rolled_back_and_moved(
    home: Home, export: Path, tmp_path: Path
):
    def snapshot(*words: str) -> list[dict]:  # type: ignore[type-arg]
        return answer(home, "snapshot", *words, "--guild", "den")

    answer(home, "import", "den", str(export))
    (taken,) = snapshot("take", "calm")
    assert (taken["name"], taken["messages"]) == ("calm", 5)
    raid = tmp_path / "raid.jsonl"
    rows = [{"id": f"r{n}", "author": "x", "text": "buy zorp now"} for n in range(3)]
    raid.write_text("".join(json.dumps(row) + "\n" for row in rows))
    answer(home, "import", "den", str(raid))
    (since,) = snapshot("compare", "calm")
    assert {"text": "zorp", "count": 3} in since["gained"] and not since["lost"]
    told = mynah(home, "snapshot", "compare", "--guild", "den", "calm").stdout
    assert "zorp (3)" in told and "Words lost: none." in told
    (done,) = snapshot("rollback", "calm")
    assert done["complete"]
    assert [one["name"] for one in snapshot("list")] == [done["undo"], "calm"]
    file = tmp_path / "calm.zip"
    (written,) = snapshot("export", "calm", "--to", str(file))
    assert written["messages"] == 5
    snapshot("remove", "calm")
    other = Home(tmp_path / "other").create()
    (moved,) = answer(other, "snapshot", "import", str(file), "--guild", "inn")
    assert (moved["name"], moved["added"]) == ("calm", 5)
    wrong = mynah(other, "snapshot", "rollback", "--guild", "inn", "nope")
    assert wrong.returncode == 64 and "Known snapshots: calm." in wrong.stderr
