"""Writing a model in the format that suits this processor."""

import gzip
import itertools
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from app.core.paths import Home, sample_file
from app.ipc.control import MeasuredFormat, Progress
from app.ipc.jobs import RequantiseJob, RequantiseJobReply
from app.modelfiles import gguf_header
from app.runner import llama, model_loader, quantisation
from app.store import guilds, voice_changes
from app.store.database import Database
from app.store.engines.address import has_database, place_of

NICENESS = 10

MESSAGES_READ, MESSAGES_IN_ALL = 300, 3000
"""Newest messages of a guild that the formats are scored on, and of all guilds."""


def run(
    request: RequantiseJob, home: Home, tell: Callable[[Progress], None]
) -> RequantiseJobReply:
    """Carry out the job."""

    def report(label: str, done: int, total: int) -> None:
        tell(Progress("tune", label, done, total, "formats", 0.0))

    llama.start()
    source, target = Path(request.source), Path(request.target)
    gguf_header.read(source)
    threads = request.threads or model_loader.usable_threads()
    if request.lossless:
        report(quantisation.LOSSLESS, 0, 1)
        quantisation.requantise(source, target, quantisation.LOSSLESS, threads)
        return RequantiseJobReply(quantisation.LOSSLESS, str(target), [])
    texts = _texts(home)
    kept, measured = quantisation.tune(source, target, texts, threads, report)
    formats = [
        MeasuredFormat(**asdict(one), reply_seconds=one.reply_seconds)
        for one in measured
    ]
    return RequantiseJobReply(kept.format, str(target), formats)


def _texts(home: Home) -> list[str]:
    """Return the newest messages of some guilds, or else the sample guild's."""
    texts: list[str] = []
    if has_database(home):
        with Database(place_of(home), read_only=True) as database:
            for guild in database.call(guilds.every):
                rows = database.call(
                    voice_changes.newest_learnable, guild.id, 0, MESSAGES_READ
                )
                texts += [text for _, text, _ in rows]
                if len(texts) >= MESSAGES_IN_ALL:
                    break
    if not texts:
        with gzip.open(sample_file(), "rt", encoding="utf-8") as file:
            lines = itertools.islice(file, MESSAGES_READ)
            texts = [json.loads(line)["text"] for line in lines]
    return texts
