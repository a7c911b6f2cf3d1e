"""No output crashes, whatever the encoding of the console or the pipe."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.paths import Home

pytestmark = pytest.mark.process

NAME = "Röök 🙂 クラブ"


def mynah(home: Home, encoding: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    """A command whose console has that encoding, as `chcp` or a locale gives it."""
    return subprocess.run(
        [sys.executable, "-m", "app", *words, "--home", str(home.root)],
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_any_name_and_text_is_shown_on_any_console(
    home: Home, tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "héllo 🙂.jsonl"
    rows = [{"author": "ö", "text": f"ünd 🙂 {n} ok"} for n in range(5)]
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"text": 5}]))
    commands = (
        ("import", NAME, str(path), "--dry-run"),
        ("import", NAME, str(path)),
        ("say", "--guild", NAME, "--mode", "markov", "🙂?"),
        ("forget", "--guild", NAME, "--author", "🙂"),
    )
    for words in commands:
        done = mynah(home, encoding, *words)
        assert b"Traceback" not in done.stderr, done.stderr.decode("utf-8", "replace")
        assert done.returncode in (0, 64), words
    told = json.loads(mynah(home, encoding, "guilds", "--json").stdout.decode(encoding))
    assert told["guild"] == NAME


@pytest.mark.posix_only("a shell closes streams like this")
def test_a_closed_output_is_no_crash(home: Home) -> None:
    words = f"{sys.executable} -m app guilds --home '{home.root}' <&- >&-"
    done = subprocess.run(words, shell=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
