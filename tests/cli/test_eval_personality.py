"""Personality on two small guilds, with the echo runner as the model."""

import json
from argparse import Namespace
from pathlib import Path
from random import Random

import pytest

from app.cli.connect import connect
from app.cli.evals import eval_personality
from app.core.errors import UsageError
from app.core.paths import Home
from app.evaluation import personality
from app.importers.records import Record
from app.service.service import open_service
from app.store import guilds

PIRATES = ("arr, hoist the sails", "where be the rum", "ye scurvy dogs", "arr matey")
COOKS = ("whisk three eggs", "simmer for one hour", "a pinch of salt", "knead it well")


@pytest.fixture
async def learned(home: Home, tmp_path: Path):
    """Two guilds that are learned, and a file of later messages of each."""
    home.config_file.write_text(
        '[model]\nname = "echo"\n[memory]\nenabled = false\n', encoding="utf-8"
    )
    files = {}
    async with open_service(home, Random(1)) as service:
        for name, lines in (("pirates", PIRATES), ("cooks", COOKS)):
            row = await service.context.database.run(guilds.ensure, name)
            records = [
                Record("1", "ann", f"{lines[n % 4]} {n}", f"{n}", n, None, "c", "c")
                for n in range(60)
            ]
            await service.context.voices.hear(row.id, records)
            await service.context.voices.rebuild(row.id)
            files[name] = tmp_path / f"{name}.jsonl"
            rows = [
                {"author": "bo", "channel": "c", "text": f"{lines[n % 4]} {90 + n}"}
                for n in range(5)
            ]
            files[name].write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return home, files


def arguments(files: dict[str, Path], **changes) -> Namespace:
    known = {
        "guild": list(files), "held_out": list(files.values()), "turns": 3,
        "limit": 3, "voice": None, "max_ms": 5000,
    }  # fmt: skip
    return Namespace(**{**known, **changes})


def test_replies_of_every_mode_are_judged_beside_real_messages(
    learned, tmp_path: Path, capsys
):
    home, files = learned
    kept = tmp_path / "replies.jsonl"
    found = personality.measure(
        home, eval_personality.comparison(arguments(files)), connect, kept
    )
    assert found.conversations == 6
    for modes in (*found.guilds.values(), found.all):
        assert list(modes) == ["real", "adrift", "markov", "llm", "hybrid"]
        assert modes["real"].of_real == 1
        assert all(0 <= row.relevance <= 1 for row in modes.values())
    assert found.all["real"].attributed == 1
    assert found.all["markov"].attributed > 0.7
    assert found.all["markov"].providers == {"markov": 6}
    rows = [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
    assert len(rows) == 6 and rows[0]["guild"] == "pirates"
    echoed, chain = found.all["llm"].speech, found.all["markov"].speech
    # The echo model says what was said, and drew on no message; the chain did.
    assert echoed.sources < 1
    assert (chain.sources, chain.invented) == (1, 0)
    assert chain.persona is None
    eval_personality.show(found)
    shown = capsys.readouterr().out
    assert "attributed" in shown and "invented" in shown
    assert "held out: pirates, cooks" in shown


def test_a_guild_needs_its_own_file():
    files = {"pirates": Path("pirates.jsonl"), "cooks": Path("cooks.jsonl")}
    with pytest.raises(UsageError, match="with one file each"):
        eval_personality.comparison(arguments(files, guild=["pirates"]))
