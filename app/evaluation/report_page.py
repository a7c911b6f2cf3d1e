"""A page of tables and plots: voice, personality, relevance and speed."""

from collections.abc import Callable, Mapping
from datetime import datetime

from app import __version__
from app.evaluation.html_report import (
    Bars,
    Lines,
    bars,
    document,
    heading,
    lines,
    table,
)
from app.evaluation.perplexity import VoiceScores
from app.evaluation.personality import REAL, SHOWN, ModeFigures, PersonalityScores
from app.settings.speech_sections import FIXED_MODES

TARGET = 0.85
"""The target for hybrid replies, as a share of the real messages' rate."""

Modes = Mapping[str, ModeFigures]


def page(
    people: PersonalityScores, voices: Mapping[str, VoiceScores], now: datetime
) -> str:
    """Return the page as HTML."""
    when = now.strftime("%Y-%m-%d %H:%M UTC")
    count = people.conversations
    intro = (
        f"<p>Mynah {__version__}, {when}. Replies to {count:,} conversations that end"
        " in a message nobody learned, made by the program's own way.</p>"
    )
    parts = [
        intro,
        *_voice(voices),
        *_personality(people),
        *_relevance(people),
        *_novelty(people),
        *_speed(people),
    ]
    return document("How the bot sounds", parts)


def _voice(voices: Mapping[str, VoiceScores]) -> list[str]:
    note = (
        "Perplexity per token of later messages, given those before: how surprised the"
        " model alone, the voice alone, and both together are. Less is better."
    )
    rows = []
    for name, one in voices.items():
        alone, fused = one.model.perplexity, one.fused.perplexity
        rows.append(
            [
                name, f"{one.messages:,}", f"{alone:.1f}",
                f"{one.voice.perplexity:.1f}", f"{fused:.1f}",
                f"{fused / alone - 1:+.1%}", str(one.recommended),
            ]
        )  # fmt: skip
    head = [
        "server",
        "messages",
        "model",
        "voice",
        "fused",
        "to the model",
        "best dial",
    ]
    dials = list(next(iter(voices.values())).dials)
    curves = {
        name: [one.dials[dial].perplexity for dial in dials]
        for name, one in voices.items()
    }
    plot = Lines("Perplexity by the voice dial", dials, curves)
    return [heading("Voice", note), table(head, rows), lines(plot)]


def _personality(people: PersonalityScores) -> list[str]:
    note = (
        "A classifier of character n-grams, trained on real messages, says which server"
        " a line is of. Shown is how often it names the right one; the dashed line is"
        f" {TARGET:.0%} of the mean rate of real later messages."
    )
    guilds = {**people.guilds, "all": people.all}
    rows = [
        [name, *(f"{modes[mode].attributed:.1%}" for mode in SHOWN)]
        + [f"{modes['hybrid'].of_real:.1%}"]
        for name, modes in guilds.items()
    ]
    plot = Bars(
        "Attributed to its server",
        list(guilds),
        _series(guilds, SHOWN, lambda row: row.attributed),
        TARGET * people.all[REAL].attributed,
        1.0,
    )
    head = ["server", *SHOWN, "hybrid of real"]
    return [heading("Personality", note), table(head, rows), bars(plot)]


def _relevance(people: PersonalityScores) -> list[str]:
    note = (
        "The chance that a reply is closer in meaning to its own conversation than to "
        "another (AUC). 0.5, dashed, means no relevance. Markov starts from words"
        " of the message it answers, adrift is the same chain without; the hybrid"
        " picks among several lines by the same closeness."
    )
    guilds = {**people.guilds, "all": people.all}
    rows = [
        [name, *(f"{modes[mode].relevance:.3f}" for mode in SHOWN)]
        for name, modes in guilds.items()
    ]
    series = _series(guilds, SHOWN, lambda row: row.relevance)
    plot = Bars("Relevance", list(guilds), series, 0.5, 1.0)
    head = ["server", *SHOWN]
    return [heading("Relevance", note), table(head, rows), bars(plot)]


def _novelty(people: PersonalityScores) -> list[str]:
    note = (
        "How much of the replies was written before: the mean longest run of words that"
        " stands in one learned message, replies with a run over eight words, replies"
        " that are one learned message, and replies said twice."
    )
    rows = [
        [
            mode, f"{row.run:.1f}", f"{row.copied:.1%}", f"{row.whole:.1%}",
            f"{row.repeated:.1%}", f"{row.words:.1f}",
        ]
        for mode, row in people.all.items()
    ]  # fmt: skip
    head = ["mode", "longest run", "copied", "whole", "repeated", "words"]
    return [heading("Novelty", note), table(head, rows)]


def _speed(people: PersonalityScores) -> list[str]:
    note = "Median milliseconds of a whole reply on this computer, by provider."
    guilds = people.guilds
    rows = [
        [
            mode,
            *(f"{modes[mode].ms or 0:.0f}" for modes in guilds.values()),
            ", ".join(
                f"{name} {count}" for name, count in people.all[mode].providers.items()
            ),
        ]
        for mode in FIXED_MODES
    ]
    plot = Bars(
        "Milliseconds per reply",
        list(guilds),
        _series(guilds, FIXED_MODES, lambda row: row.ms or 0),
    )
    head = ["mode", *guilds, "written by"]
    return [heading("Speed", note), table(head, rows), bars(plot)]


def _series(
    guilds: Mapping[str, Modes],
    modes: tuple[str, ...],
    figure: Callable[[ModeFigures], float],
) -> dict[str, list[float]]:
    return {mode: [figure(rows[mode]) for rows in guilds.values()] for mode in modes}
