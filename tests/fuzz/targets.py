"""The readers of what strangers write, each with inputs to begin from."""

import gzip
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import NamedTuple

from app.core.errors import AppError
from app.core.names import GuildId
from app.core.paths import Home
from app.core.safe_text import safe_line, safe_text
from app.importers import gate
from app.importers.dates import DateReader
from app.importers.file_reader import FileReader
from app.importers.sources import find_sources
from app.ipc import jobs
from app.ipc.jobs import TO_CHILD
from app.ipc.wire import RequestFrame, WireError, encode
from app.modelfiles import catalogue, gguf_header
from tests.fuzz.mutations import mutated_json
from tests.importers.test_kinds_of_files import IRC
from tests.runner import tiny

NAMES = (
    b"starter", b"..", b"nul", b"con.x", b"COM1", b"a" * 120, b"hub:o/r@main/f.gguf",
    b"../../etc/passwd", b"a/b", "\u044e".encode(), b"C:\\\\x", b"con.tuned", b"~x",
)  # fmt: skip
"""Names of models that people and attackers type."""

SAMPLES = Path(__file__).parents[1] / "importers" / "samples"


class Target(NamedTuple):
    """A reader, and the names and contents of inputs to begin from."""

    read: Callable[[Path], None]
    seeds: Sequence[tuple[str, bytes]]


def read_import(path: Path) -> None:
    """Read a file as an import does, up to the store."""
    try:
        with find_sources([path]) as sources:
            survey = gate.survey(sources)
            for chosen in gate.each(survey):
                for file in chosen.files:
                    reader = FileReader(file, chosen.keys, gate.ReadingOptions())
                    for record in reader:
                        assert isinstance(record.text, str)
                    reader.errors()
    except AppError:
        return


def read_frame(path: Path) -> None:
    """Decode a frame of another process."""
    try:
        TO_CHILD.decode(path.read_bytes())
    except WireError:
        return


def read_model(path: Path) -> None:
    """Read a model's header."""
    try:
        gguf_header.read(path)
    except AppError:
        return


def show(path: Path) -> None:
    """Make a text fit for a terminal."""
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    assert "\x1b" not in safe_text(text) and "\n" not in safe_line(text)
    DateReader([text[:80]]).read(text[:80])


def name_model(path: Path) -> None:
    """Find the place of a model by a name that somebody typed."""
    text = path.read_bytes().decode("utf-8", "replace")
    home = Home(path.parent / "home")
    for name in (text, f"hub:{text}/{text}/{text}.gguf", f"hub:{text}"):
        with suppress(OSError):
            catalogue.locate(home, name)
        try:
            entry = catalogue.find(name)
        except AppError:
            continue
        file = catalogue.file_of(home, entry.name)
        stem = file.name.split(".")[0].rstrip(" ")
        assert file.parent == home.models and len(file.name) < 100
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", file.name)
        assert stem not in {"con", "nul", "aux", "prn", "com1", "lpt9"}


def import_seeds() -> list[tuple[str, bytes]]:
    author = {"id": "7", "name": "ann", "isBot": False}
    message = {"id": "1", "type": "Default", "content": "hi", "author": author}
    export: dict[str, object] = {
        "guild": {"id": "5", "name": "G"},
        "channel": {"id": "6", "name": "c"},
    }
    export |= {"messages": [message | {"timestamp": "2024-05-01T10:00:00+00:00"}] * 3}
    telegram: dict[str, object] = {"name": "G", "type": "private_group", "id": 9}
    said: dict[str, object] = {
        "id": 1,
        "type": "message",
        "date_unixtime": "1714557600",
        "from": "A",
    }
    said |= {"from_id": "user7", "text": ["a", {"text": "b"}]}
    telegram["messages"] = [said]
    event: dict[str, object] = {
        "type": "m.room.message",
        "sender": "@a:b",
        "event_id": "$1",
    }
    event["content"] = {"msgtype": "m.text", "body": "x"}
    event["origin_server_ts"] = 1714557600000
    tracker = {
        "meta": {"users": {"7": {"name": "a"}}, "userindex": ["7"],
                 "servers": [{"name": "S", "type": "SERVER"}],
                 "channels": {"1": {"server": 0, "name": "c"}}},
        "data": {"1": {"101": {"u": 0, "t": 1714557600000, "m": "hi"}}},
    }  # fmt: skip
    slack = [{"type": "message", "user": "U1", "ts": "1714557600.1", "text": "<@U1>"}]
    package = [{"ID": 1, "Timestamp": "2024-05-01 10:00:00", "Contents": "hi"}]
    row = b'{"author":"a","text":"hi","ts":"2024-05-01T10:00:00Z","id":"1"}\n' * 3
    table = b'AuthorID,Author,Date,Content\n"1","a","01/05/2024 10:00","hi"\n' * 2
    trees: dict[str, object] = {
        "export": export,
        "telegram": telegram,
        "matrix": [event],
        "dht": tracker,
    }
    trees |= {"slack": slack, "package": package, "training": [{"message": "hi"}]}
    seeds = [(f"{name}.json", json.dumps(one).encode()) for name, one in trees.items()]
    seeds += [("a.jsonl", row), ("a.csv", table), ("a.jsonl.gz", gzip.compress(row))]
    seeds += [(f"{name}.log", text.encode()) for name, text in IRC.items()]
    seeds += [(path.name, path.read_bytes()) for path in sorted(SAMPLES.iterdir())]
    seeds.append(("chat.txt", b"[01.05.24, 10:00:00] Ada: hi\n" * 3))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.jsonl", row)
        archive.writestr("b.csv", table)
    return [*seeds, ("a.zip", packed.getvalue())]


def model_seed() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return tiny.write(Path(folder) / "a.gguf").read_bytes()[:20_000]


def all_targets() -> dict[str, Target]:
    """Return the readers by name."""
    frame = encode(RequestFrame(1, jobs.ImportJob(GuildId(1), ["/a"], "c")))
    return {
        "imports": Target(read_import, import_seeds()),
        "frames": Target(read_frame, [("frame", frame)]),
        "models": Target(read_model, [("a.gguf", model_seed())]),
        "model names": Target(
            name_model, [(f"n{n}", one) for n, one in enumerate(NAMES)]
        ),
        "terminal": Target(show, [("text", "héllo 🙂 \x1b[2J 01/05/2024".encode())]),
    }


def attack(target: Target, folder: Path, seed: int) -> Path:
    """Write one changed input, read it, and return where it is."""
    rng = Random(seed)
    name, data = target.seeds[seed % len(target.seeds)]
    path = folder / name
    others = [other for _, other in target.seeds]
    path.write_bytes(mutated_json(data, rng, others))
    target.read(path)
    return path
