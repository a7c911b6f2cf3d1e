"""Measures by mode whether replies sound like their server and fit the talk."""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from statistics import fmean, median
from typing import Protocol, TypeVar

import numpy as np

from app.core.errors import UsageError
from app.core.paths import Home
from app.evaluation import speech_scores
from app.evaluation.annotated_chat import read_rows
from app.evaluation.attribution import Classifier
from app.evaluation.held_out import Held, before_of, find_guild, hold_out, spread
from app.evaluation.speech_scores import Replied, SpeechScores, mean_of_known
from app.ipc import control
from app.ipc.wire import Request
from app.memory.embedder import Embedder
from app.memory.recall import TURNS, meaning
from app.memory.vectors import Floats
from app.meter import novelty
from app.meter.relevance import auc
from app.modelfiles.catalogue import BUILT_IN
from app.settings.speech_sections import FIXED_MODES
from app.store import voice_changes
from app.store.database import Database
from app.store.engines.address import place_of
from app.voice.voice import Voice
from app.voice.word_tokenizer import split

R = TypeVar("R")

REAL = "real"
ADRIFT = "adrift"
"""The chain without a seed; `markov` starts from words of the conversation."""

SHOWN = (REAL, ADRIFT, *FIXED_MODES)
LEARNED = 15_000
"""The number of a server's newest messages for training the classifier."""

REPORT_SECONDS = 10.0


@dataclass(frozen=True)
class Side:
    """The lines of one server, made by one mode or written by its people."""

    texts: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    providers: Counter[str] = field(default_factory=Counter)
    has_sources: list[bool] = field(default_factory=list)
    """For each reply, whether it names a message that it drew on."""


@dataclass(frozen=True)
class ServersToCompare:
    """Servers to compare, and the way to ask them."""

    held_out: Mapping[str, Path]
    """Later messages of each server."""
    turns: int
    """The number of earlier rows as context."""
    limit: int
    """Conversations of a server at most."""
    voice: int | None = None
    max_ms: int | None = None


@dataclass(frozen=True)
class ModeFigures:
    """Figures of one mode's lines for one server."""

    attributed: float
    relevance: float
    copied: float
    whole: float
    run: float
    repeated: float
    words: float
    ms: float | None
    providers: dict[str, int]
    speech: SpeechScores
    of_real: float = 1.0
    """The share of the rate at which real messages are attributed."""


@dataclass(frozen=True)
class PersonalityScores:
    """The output of `mynah eval personality --json`."""

    conversations: int
    guilds: dict[str, dict[str, ModeFigures]]
    """Figures by server and mode."""
    all: dict[str, ModeFigures]
    """Means over the servers by mode."""


class AnsweringBot(Protocol):
    """The part of the bot that replies."""

    async def call(self, request: Request[R], /) -> R:
        """Send a request and return its reply."""
        ...


Connect = Callable[[Home], AbstractAsyncContextManager[AnsweringBot]]


def measure(
    home: Home, wanted: ServersToCompare, connect: Connect, keep: Path | None = None
) -> PersonalityScores:
    """Measure every server and mode, with means over the servers.

    Args:
        home: The home of the servers.
        wanted: The servers, with a file each.
        connect: Opens the bot of a home.
        keep: File for all replies.

    Raises:
        UsageError: If a server is not learned.
    """
    held = {
        name: _held(home, name, file, wanted) for name, file in wanted.held_out.items()
    }
    classifier = _classifier(home, list(held))
    sides = asyncio.run(_reply_to(home, held, wanted, connect))
    if keep:
        _keep(keep, held, sides)
    return judge(home, held, sides, classifier, connect)


def _held(home: Home, name: str, file: Path, wanted: ServersToCompare) -> list[Held]:
    """Return people's messages that answer something, with the turns before each."""
    rows = list(read_rows(file))
    with Database(place_of(home), read_only=True) as database:
        guild = find_guild(database, name)
        before = database.call(before_of, guild.id, rows, wanted.turns)
    held = [one for one in hold_out(rows, before, wanted.turns) if one.turns]
    if not held:
        raise UsageError(f"{file} has no message that follows another.")
    return spread(held, wanted.limit)


def _classifier(home: Home, names: Sequence[str]) -> Classifier:
    texts = {}
    with Database(place_of(home), read_only=True) as database:
        for name in names:
            guild = find_guild(database, name)
            newest = database.call(voice_changes.newest_learnable, guild.id, 0, LEARNED)
            texts[name] = [text for _, text, _ in newest if text.strip()]
    return Classifier.train(texts, Random(0))


async def _reply_to(
    home: Home, held: dict[str, list[Held]], wanted: ServersToCompare, connect: Connect
) -> dict[tuple[str, str], Side]:
    """Return every mode's reply to every conversation, as `mynah say` makes them."""
    sides = {(name, mode): Side() for name in held for mode in FIXED_MODES}
    total = sum(map(len, held.values()))
    told, done = time.monotonic(), 0
    async with connect(home) as bot:
        for name, conversations in held.items():
            for one in conversations:
                for mode in FIXED_MODES:
                    request = _request(name, mode, one, wanted)
                    reply = await bot.call(request)
                    side = sides[name, mode]
                    side.texts.append(reply.text)
                    side.milliseconds.append(reply.ms["total"])
                    side.providers[reply.provider] += 1
                    side.has_sources.append(bool(reply.sources))
                done += 1
                if time.monotonic() - told > REPORT_SECONDS:
                    told = time.monotonic()
                    sys.stderr.write(f"answered {done} of {total} conversations\n")
    return sides


def _request(
    guild: str, mode: str, held: Held, wanted: ServersToCompare
) -> control.Say:
    *earlier, (speaker, text) = held.turns
    return control.Say(
        guild,
        text or "…",
        author=speaker,
        mode=mode,
        voice=wanted.voice,
        max_ms=wanted.max_ms,
        turns=[list(turn) for turn in earlier],
        is_free=True,
    )


def judge(
    home: Home,
    held: dict[str, list[Held]],
    sides: dict[tuple[str, str], Side],
    classifier: Classifier,
    connect: Connect,
) -> PersonalityScores:
    """Return figures by server and mode, and the means over the servers."""
    embedder = Embedder.open(BUILT_IN, cache=home.embedding_models, threads=2)
    by_guild: dict[str, dict[str, ModeFigures]] = {}
    personas = asyncio.run(_personas(home, list(held), connect))
    rng = Random(0)
    for name, conversations in held.items():
        context = _meanings(conversations, embedder)
        voice = Voice.open(_voice_directory(home, name))
        own = {mode: sides[name, mode] for mode in FIXED_MODES}
        real = Side([one.text for one in conversations])
        adrift = Side([voice.speak(rng).text for _ in conversations])
        by_guild[name] = {
            mode: _figures(
                name,
                side,
                context,
                embedder,
                classifier,
                voice,
                _speech(side, conversations, voice, personas[name]),
            )
            for mode, side in {REAL: real, ADRIFT: adrift, **own}.items()
        }
    means = {mode: _mean([one[mode] for one in by_guild.values()]) for mode in SHOWN}
    return PersonalityScores(
        sum(map(len, held.values())),
        {name: _beside_real(modes) for name, modes in by_guild.items()},
        _beside_real(means),
    )


def _beside_real(modes: dict[str, ModeFigures]) -> dict[str, ModeFigures]:
    real = modes[REAL].attributed
    return {
        mode: replace(row, of_real=row.attributed / real) for mode, row in modes.items()
    }


def _voice_directory(home: Home, name: str) -> Path:
    with Database(place_of(home), read_only=True) as database:
        return home.voice(find_guild(database, name).id)


def _meanings(held: Iterable[Held], embedder: Embedder) -> Floats:
    """Return a unit vector per conversation."""
    return np.stack(
        [
            meaning(embedder.embed([text for _, text in one.turns[-TURNS:]]))
            for one in held
        ]
    )


def _figures(
    name: str,
    side: Side,
    context: Floats,
    embedder: Embedder,
    classifier: Classifier,
    voice: Voice,
    speech: SpeechScores,
) -> ModeFigures:
    given = classifier.attribute(side.texts)
    new = novelty.novelty(side.texts, split, voice.holds, voice.repeats)
    return ModeFigures(
        attributed=sum(one == name for one in given) / len(given),
        relevance=auc(embedder.embed(side.texts), context),
        copied=new.copied,
        whole=new.whole,
        run=new.run,
        repeated=new.repeated,
        words=sum(len(text.split()) for text in side.texts) / len(side.texts),
        ms=median(side.milliseconds) if side.milliseconds else None,
        providers=dict(side.providers),
        speech=speech,
    )


async def _personas(
    home: Home, names: Sequence[str], connect: Connect
) -> dict[str, str]:
    """Return the persona in effect in each server."""
    found = {}
    async with connect(home) as bot:
        for name in names:
            reply = await bot.call(control.ConfigGet("reply.persona", name))
            found[name] = str(reply.settings[0].value or "")
    return found


def _speech(
    side: Side, held: Sequence[Held], voice: Voice, persona: str
) -> SpeechScores:
    named = side.has_sources or [False] * len(side.texts)
    replies = [
        Replied(text, [said for _, said in one.turns], has)
        for text, one, has in zip(side.texts, held, named, strict=True)
    ]
    return speech_scores.scores(replies, voice.knows, persona)


def _mean(rows: Sequence[ModeFigures]) -> ModeFigures:
    return ModeFigures(
        attributed=fmean(row.attributed for row in rows),
        relevance=fmean(row.relevance for row in rows),
        copied=fmean(row.copied for row in rows),
        whole=fmean(row.whole for row in rows),
        run=fmean(row.run for row in rows),
        repeated=fmean(row.repeated for row in rows),
        words=fmean(row.words for row in rows),
        ms=mean_of_known(row.ms for row in rows),
        providers=dict(sum((Counter(row.providers) for row in rows), Counter())),
        speech=speech_scores.mean([row.speech for row in rows]),
    )


def _keep(
    path: Path, held: dict[str, list[Held]], sides: dict[tuple[str, str], Side]
) -> None:
    with path.open("w", encoding="utf-8") as file:
        for name, conversations in held.items():
            for number, one in enumerate(conversations):
                made = {mode: sides[name, mode].texts[number] for mode in FIXED_MODES}
                row = {"guild": name, "turns": one.turns, REAL: one.text, **made}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
