"""Readers of what Mynah itself stores: each reads what it wrote, or refuses it."""

import json
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt

from app.core import secrets
from app.core.errors import AppError, ConfigError
from app.core.paths import Home
from app.core.state_file import DISCORD, StateFile, is_crash
from app.discord.identify_budget import IdentifyBudget
from app.ipc import endpoint
from app.memory import index_files
from app.memory.index import Graph
from app.memory.vectors import Floats, normalise
from app.providers.local.crash_log import Crashes
from app.providers.openai import prices
from app.service import backups, snapshot_files
from app.service.handlers.channel_actions import Silences
from app.service.voices import token_voices
from app.settings import config_file
from app.store import authors, guilds
from app.store.database import Database
from app.voice import files as voice_files
from app.voice import static_index, tokens
from app.voice.token_scrub import scrub
from tests.fuzz.mutations import mutated_json

ARRAYS: dict[str, npt.NDArray[np.generic]] = {
    "words": np.arange(3000, dtype=np.uint32),
    "ends": np.ones(9, np.uint8),
}
FACTS = {"tokens": 3000, "name": "voice"}
DIMENSION = 16


def read_endpoint(path: Path) -> None:
    """Read the file of a running bot."""
    found = endpoint.read(path)
    if found:
        assert found.proof("asker") and 0 < found.port < 1 << 16


NOW = 1_714_557_600.0


def read_state(path: Path) -> None:
    """Read the state of the connection to Discord as all its readers do."""
    state = StateFile(path, DISCORD)
    assert Silences(state, lambda: NOW).until("71") >= 0
    Silences(state, lambda: NOW).begin("72", 5)
    budget = IdentifyBudget(state, lambda: NOW)
    assert budget.wait_seconds() >= 0
    budget.spend()
    for name in ("behind", "direct"):
        for key, last in state.get(name, {}).items():
            assert int(key) >= 0 and last + 1 > 0
    for key, started in state.get("started talk", {}).items():
        assert int(key) >= 0 and datetime.fromtimestamp(started)
    for at, again in state.get("comparing", {}).values():
        assert at + again >= 0
    for key, plan in state.get("trainings", {}).items():
        assert int(key) + plan["read"] + plan["new"] + len(plan["channels"]) >= 0


def read_crashes(path: Path) -> None:
    """Read which models crashed."""
    crashes = Crashes(StateFile(path, shape=is_crash), lambda: NOW)
    for model in ("starter", "gpu starter"):
        crashes.why_aside(model)
        crashes.why_gpu_aside(model)
        crashes.note(model, "why")


def read_secrets(path: Path) -> None:
    """Read the file of keys; only texts are keys."""
    home = Home(path.parent / "keys").create()
    shutil.copyfile(path, home.secrets_file)
    try:
        found = secrets.get(home, "discord_token")
    except ConfigError:
        return
    assert found is None or isinstance(found, str)


def write_token_voice(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    arrays = static_index.build(
        np.array([0, 3, 4, 0, 3, 5, 0], np.int32), np.array([7, 9], np.int64)
    )
    voice_files.write(folder, tokens.NAME, arrays, FACTS)
    token_voices.note(folder, 9, [7])


def read_token_voice(folder: Path) -> None:
    """Open a token voice; it holds what was written, or is built again."""
    try:
        assert token_voices.noted(folder) == (9, [7])
        found = voice_files.read(folder, tokens.NAME)
        found.verify()
    except (OSError, ValueError, voice_files.VoiceFileError):
        return
    base = static_index.Base(found.arrays)
    assert [base.find(row) for row in (7, 8, 9)] == [0, None, 1]
    scrub(folder, [7])


def read_prices(path: Path) -> None:
    """Read the owner's prices; none of them may be less than nothing."""
    try:
        found = prices.load(path)
    except ConfigError:
        return
    for price in found.models.values():
        assert price.cost(1000, 10, 1000) >= 0


def read_config(path: Path) -> None:
    """Read the owner's settings."""
    try:
        config_file.load(path)
    except ConfigError:
        return


def read_snapshot(path: Path) -> None:
    """Read a snapshot's facts."""
    try:
        snapshot_files.read(path)
    except AppError:
        return


def read_backup(path: Path) -> None:
    """Restore a backup; a refused one leaves nothing."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home").create()
        before = {one.name for one in home.root.iterdir()}
        try:
            backups.restore(home, path)
        except AppError:
            assert {one.name for one in home.root.iterdir()} <= {*before, "tmp"}
            assert not list(home.temporary.iterdir())
        else:
            with Database(home.database) as database:
                assert len(database.call(guilds.every)) == 3


def vectors() -> Floats:
    """Return directions that are far from each other."""
    drawn = np.random.default_rng(1).normal(size=(40, DIMENSION))
    return normalise(drawn.astype(np.float32))


def write_index(folder: Path) -> None:
    graph = Graph(DIMENSION)
    graph.add(range(40), vectors())
    graph.remove([39])
    index_files.save(graph, folder, "model", last=77)


def read_index(folder: Path) -> None:
    """Open an index; it has the same neighbours, or is not there."""
    loaded = index_files.load(folder, "model", DIMENSION)
    if loaded is None:
        return
    graph, sidecar = loaded
    assert (sidecar.count, sidecar.last, sidecar.removed) == (39, 77, [39])
    for row in (3, 17):
        assert graph.search(vectors()[row], 1)[0].row == row


def write_voice(folder: Path) -> None:
    voice_files.write(folder, "voice", ARRAYS, FACTS)


def read_voice(folder: Path) -> None:
    """Open a voice's files; they hold what was written, or are refused."""
    try:
        found = voice_files.read(folder, "voice")
        found.verify()
    except (FileNotFoundError, voice_files.VoiceFileError):
        return
    assert found.facts == FACTS
    for name, array in ARRAYS.items():
        assert np.array_equal(found.arrays[name], array)


READERS = {
    "endpoint": read_endpoint,
    "state": read_state,
    "crashes": read_crashes,
    "secrets": read_secrets,
    "prices": read_prices,
    "config": read_config,
    "snapshot": read_snapshot,
    "backup": read_backup,
}
FOLDERS = {
    "index": (write_index, read_index),
    "voice": (write_voice, read_voice),
    "token voice": (write_token_voice, read_token_voice),
}


class Folder:
    """A good folder of which one file is changed at a time."""

    def __init__(self, good: Path) -> None:
        self._files = {one.name: one.read_bytes() for one in sorted(good.iterdir())}

    def change(self, folder: Path, rng: Random) -> None:
        """Put the files into an empty folder, one of them changed."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        names = sorted(self._files)
        for name, data in self._files.items():
            (folder / name).write_bytes(data)
        name = rng.choice(names)
        others = list(self._files.values())
        (folder / name).write_bytes(mutated_json(self._files[name], rng, others))


def small_files() -> dict[str, Sequence[tuple[str, bytes]]]:
    """Return good contents of the files that stand alone."""
    door = endpoint.Endpoint(4321, "a" * 64, 77)
    settings = b"[reply]\ndial = 70\nllm_seconds = 2.5\n[learn]\npatterns = ['a+']\n"
    settings += b"[bot]\nprefix = '!'\n[model]\ncontext = 4096\n"
    costs = b"date = '2026-01-01'\n[models]\n"
    costs += b"big = {input = 1.5, cached = 0.1, output = 2}\n"
    plan = {"channels": {"71": 5, "72": "done"}, "skipped": ["a"], "read": 1, "new": 2}
    state = {
        "behind": {"71": 5}, "direct": {"72": 6}, "quiet": {"71": NOW + 9},
        "started talk": {"71": NOW}, "identifies": [NOW - 5, NOW],
        "comparing": {"71": [5, 0]}, "trainings": {"5": plan | {"report": [1, 2]}},
    }  # fmt: skip
    crashed = {
        "starter": {"times": [NOW] * 3, "reason": "why"},
        "gpu starter": "no card",
    }
    return {
        "endpoint": [("endpoint.json", json.dumps(asdict(door)).encode())],
        "state": [("state.json", json.dumps(state).encode())],
        "crashes": [("crashed.json", json.dumps(crashed).encode())],
        "secrets": [("secrets.json", b'{"discord_token": "abc", "openai": "def"}')],
        "prices": [("prices.toml", costs)],
        "config": [("config.toml", settings)],
        "snapshot": [("a.zip", _snapshot())],
        "backup": [("b.zip", _backup())],
    }


def _snapshot() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        facts = {"format": 1, "name": "s", "settings": [[None, "reply.dial", 70]]}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(snapshot_files.FACTS, json.dumps(facts))
            archive.writestr(snapshot_files.MESSAGES, '{"text": "hi"}\n')
        return path.read_bytes()


def _backup() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home").create()
        home.config_file.write_text("[reply]\ndial = 70\n", encoding="utf-8")
        with Database(home.database) as database:
            for number in range(3):
                database.call(guilds.ensure, f"guild {number}")
            database.call(authors.open_key, home.author_key_file)
            target = Path(folder) / "b.zip"
            backups.back_up(home, database, target)
        return target.read_bytes()


def attack_file(name: str, data: bytes, folder: Path, seed: int) -> None:
    """Change a stored file at random, and read it."""
    path = folder / f"{name}.bin"
    path.write_bytes(mutated_json(data, Random(seed), [data]))
    READERS[name](path)
