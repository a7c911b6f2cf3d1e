"""Measures how well model, voice and both predict a server's later messages."""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from app.core.errors import AppError, UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.evaluation.held_out import (
    Held,
    before_of,
    find_guild,
    hold_out,
    read_held_out,
    spread,
)
from app.evaluation.perplexity import Scorer, VoiceScores
from app.modelfiles import catalogue, gguf_header
from app.runner import llama
from app.runner.adapters import Adapters
from app.runner.model_loader import usable_threads
from app.runner.token_voice_builder import build_from_home
from app.settings import config_file
from app.store import guilds, voice_changes
from app.store.database import Database
from app.store.engines.address import place_of
from app.voice.conversation_cache import RECENT
from app.voice.files import VoiceFileError
from app.voice.index import Lean
from app.voice.tokens import TokenVoice

_CONTEXT = 4096
_REPORT_SECONDS = 5.0


def measure(
    home: Home,
    name: str,
    file: Path,
    *,
    turns: int,
    limit: int,
    model: str | None = None,
    adapter: str | None = None,
    lean: int | None = None,
) -> VoiceScores:
    """Score one server and its later messages.

    Args:
        lean: Instead of the setting `voice.lean`.

    Raises:
        UsageError: If the guild is not learned, or the file has no message to score.
    """
    path = _locate(home, model)
    rows = read_held_out(file)
    with Database(place_of(home), read_only=True) as database:
        guild = find_guild(database, name)
        before = database.call(before_of, guild.id, rows, turns + RECENT)
        times = lean or config_file.load(home.config_file).voice.lean
        leans = database.call(_leans, guild.id, before, times)
    held = spread(list(hold_out(rows, before, turns, RECENT)), limit)
    if not held:
        raise UsageError(f"{file} has no message to score.")
    return _score(path, _voice(home, guild.id, path), held, adapter, leans)


def _leans(guild: GuildId, names: Iterable[str], times: int) -> dict[str, Lean]:
    """Return what the voice leans to in each of the channels."""
    found = {name: guilds.find_channel(guild, name) for name in names}
    return {
        name: Lean(frozenset([one.id]), times)
        for name, one in found.items()
        if one is not None and times > 1
    }


def _locate(home: Home, name: str | None) -> Path:
    name = name or config_file.load(home.config_file).model.name
    path = catalogue.locate(home, name)
    if path is None:
        hint = f"Fetch it with `mynah models pull {name}`."
        raise AppError(f"The model {name} is not on this computer.", hint)
    return path


def _voice(home: Home, guild: GuildId, model: Path) -> TokenVoice:
    """Return the guild's token voice, built now unless it is complete."""
    directory = home.token_voice(guild, gguf_header.read(model).vocabulary)
    try:
        voice = TokenVoice.open(directory)
        with Database(place_of(home), read_only=True) as database:
            last = voice.last_message
            if not database.call(voice_changes.newest_learnable, guild, last, 1):
                return voice
    except (FileNotFoundError, VoiceFileError):
        pass
    build_from_home(home, guild, model, _tell_progress)
    return TokenVoice.open(directory)


def _score(
    path: Path,
    voice: TokenVoice,
    held: Sequence[Held],
    adapter: str | None,
    leans: Mapping[str, Lean],
) -> VoiceScores:
    """Return the scores; with an adapter, add that of the model alone."""
    llama.start()
    model = llama.Model(path)
    tuned = Adapters(model).get(adapter)
    context = llama.Context(
        model, size=_CONTEXT, sequences=1, batch=512, threads=usable_threads()
    )
    told = time.monotonic()

    def on_message(count: int) -> None:
        nonlocal told
        if time.monotonic() - told > _REPORT_SECONDS:
            told = time.monotonic()
            _tell(f"scored {count} of {len(held)} messages")

    scorer = Scorer(model, context, voice, leans)
    plain = scorer.score(held, on_message).report()
    if tuned is None:
        return plain
    context.use_adapter(tuned)
    return replace(scorer.score(held, on_message).report(), without_adapter=plain)


def _tell_progress(read: int, total: int) -> None:
    _tell(f"reading tokens: {read:,} of {total:,}")


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
