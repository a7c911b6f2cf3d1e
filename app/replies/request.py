"""The replier's request and result, and the row that explains it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from math import inf
from typing import NamedTuple

from app.chat.circuit_breaker import Clock
from app.chat.halt import STOPPED, Halt
from app.chat.ladder import Answer
from app.chat.prompt_settings import Mode
from app.core.labels import is_host, many
from app.core.names import GuildId
from app.core.time_units import day_of
from app.core.xray import UNKNOWN
from app.providers.base import Turn, WordShare
from app.store.given.member_facts import title
from app.store.reply.outcomes import LORE_NOTE, SUMMARY_NOTE
from app.store.reply.reply_sources import SourceMessage
from app.store.rows import StoredCharacter
from app.voice.index import Spans

SILENT = "it kept silent: "
"""The start of the note on why nothing was said."""

SHOWN = "sent as"
"""The start of notes on extra text that a cloud model got."""


FileReader = Callable[[], Awaitable[bytes]]
"""Reads a file of Discord, or raises an AppError with the reason why it cannot."""


class Past(NamedTuple):
    """A guild as it was before a moment."""

    end: int
    """The moment, in milliseconds."""
    spans: Spans
    """Rows of what was written before it."""

    def has(self, turn: Turn) -> bool:
        """Return whether a turn was written then."""
        row = turn.message or 0
        return any(first <= row <= last for first, last in self.spans)


class Like(NamedTuple):
    """A member to speak like."""

    author: str
    """Their hash."""
    name: str
    spans: Spans
    """Rows of their messages."""


@dataclass(frozen=True)
class ReplyRequest:
    """A message to answer, with any deviations from the settings."""

    guild: GuildId
    text: str
    speaker: str = "you"
    reason: str = "command"
    channel: int | None = None
    root: int | None = None
    """Row of the channel whose settings count, such as a thread's parent."""
    trigger: str | None = None
    """Discord's id of the answered message, which gets one reply at most."""
    message: int | None = None
    """Row of that message, if it is stored."""
    earlier: tuple[Turn, ...] = ()
    """Turns before it that are not stored."""
    pictures: tuple[FileReader, ...] = field(default=(), compare=False)
    """Its pictures, read if a model can see."""
    is_unheard: bool = False
    """It is a voice message whose words nobody knows."""
    mode: str | None = None
    provider: str | None = None
    dial: int | None = None
    seed: str | None = None
    lots: int | None = None
    """The number that all chance comes from; None means another one every time."""
    max_ms: float | None = None
    visible: frozenset[int] | None = None
    """Rows of the channels that every reader can see; None means this one."""
    is_private: bool = False
    """True if only the owner reads it, who may see all channels."""
    is_free: bool = False
    """Nothing may be asked that costs money."""
    is_draft: bool = False
    """It waits for the owner when it is written."""
    past: Past | None = None
    """The time to speak from; None means now."""
    like: Like | None = None
    """The member to speak like; None means the server."""
    asker: str = ""
    """Hash of the member who is answered; empty if nobody is known."""
    role: StoredCharacter | None = None
    """The character to speak as; None means the bot itself."""
    arrived: float | None = None
    """The time of arrival, by the replier's clock; None means now."""
    waiting: int = 0
    """The messages that wait behind it; each leaves it fewer lines to choose from."""
    halt: Halt = field(default_factory=Halt, compare=False)
    """Ends the writing when somebody asks for it."""

    @property
    def is_choosy(self) -> bool:
        """True if it is sent only where it fits: nobody waits for it."""
        return self.reason == "join-in"

    @property
    def spans(self) -> Spans | None:
        """Rows of the only messages to speak from; None means all."""
        if self.like:
            return self.like.spans
        return self.past.spans if self.past else None


class Stages:
    """Records the duration of each stage."""

    def __init__(
        self, clock: Clock, arrived: float | None, began: float | None = None
    ) -> None:
        """Begin to measure.

        Args:
            arrived: The message's arrival, by the clock, in seconds.
            began: The beginning of the work on it; None means now.
        """
        self.timings: dict[str, float] = {}
        """Milliseconds by stage."""
        self._clock = clock
        self._start = clock() if arrived is None else arrived
        self._last = self._start
        self.models_until = inf
        """Milliseconds of work after which no model should be at it any more."""
        began = clock() if began is None else began
        self.waited = (began - self._start) * 1000
        """Milliseconds until its turn came."""
        if self.total >= 1:
            self.end("waiting")

    @property
    def worked(self) -> float:
        """Return the milliseconds since the work began."""
        return self.total - self.waited

    @property
    def total(self) -> float:
        """Return the milliseconds since the message arrived."""
        return (self._clock() - self._start) * 1000

    def since_models(self, answer: Answer) -> float:
        """Return the milliseconds since the last model had ended, or should have."""
        rungs = answer.rungs
        chain = rungs[-1].ms if rungs and answer.provider == "markov" else 0.0
        ended = self.timings["total"] - self.waited - chain
        return self.worked - min(ended, self.models_until)

    def end(self, name: str) -> None:
        """Note how long a stage took that began when the last one ended."""
        now = self._clock()
        self.timings[name] = (now - self._last) * 1000
        self._last = now


@dataclass(frozen=True)
class MadeReply:
    """A reply, with everything that explains it."""

    reply: int
    """Its row; 0 until there is one."""
    request: ReplyRequest
    mode: Mode
    dial: int
    model: str
    answer: Answer
    left_out: int
    """Turns of the conversation that were not in the prompt."""
    timings: dict[str, float] = field(default_factory=dict)
    """Milliseconds per stage."""
    tuned: str = ""
    """The reason for its own choice of mode and dial; empty when they are set."""
    arm: str = ""
    """The arm of a live comparison; empty without one."""
    files: tuple[tuple[int, int], ...] = ()
    """(channel, message) on Discord of sources that came with a file."""
    silence: str = ""
    """The reason why nothing is said after all."""

    @property
    def said(self) -> str:
        """The words that it says; empty if it keeps silent."""
        return "" if self.silence else self.answer.finished.text

    @property
    def state(self) -> str:
        """The state of its row, as long as nothing is sent."""
        if self.request.halt.is_wanted and not self.answer.finished.parts:
            return "stopped"
        if self.silence:
            return "silent"
        return "draft" if self.request.is_draft else "made"

    @property
    def recalled(self) -> list[int]:
        """Rows of the recalled messages, and of those that told a fact."""
        prompt = self.answer.prompt
        turns = (turn for moment in prompt.moments for turn in moment)
        rows = [turn.message for turn in turns if turn.message is not None]
        return rows + [row for fact in prompt.people for row in fact.messages]

    @property
    def overheard(self) -> list[int]:
        """Rows of the channel's last messages, if the voice here heard them."""
        return [*self.answer.prompt.recent] if self.answer.provider == "local" else []

    @property
    def filled(self) -> dict[str, int]:
        """Tokens of the prompt by purpose, as far as known."""
        parts, read = self.answer.prompt.filled, self.answer.completion.prompt_tokens
        estimated = sum(parts.values())
        if not read or not estimated:
            return dict(parts)
        return {part: round(n * read / estimated) for part, n in parts.items()}

    @property
    def notes(self) -> list[str]:
        """Facts that explain the reply, and what a cloud model got besides turns."""
        notes = [STOPPED] if self.state == "stopped" else []
        notes += [self.tuned] if self.tuned else []
        if past := self.request.past:
            notes.append(f"it spoke as people did before {day_of(past.end)}")
        if self.request.role:
            notes.append(f"it spoke as {self.request.role.name}")
        if self.request.like:
            notes.append("it spoke like a member who agreed to that")
        if self.silence:
            notes.append(SILENT + self.silence)
        lore = self.answer.prompt.lore
        if lore and self.answer.provider != "markov":
            names = ", ".join(entry.name for entry in lore)
            notes.append(f"{LORE_NOTE}: {names}")
        if self.answer.prompt.pictures and self.answer.provider != "markov":
            count = len(self.answer.prompt.pictures)
            notes.append(f"it looked at {many(count, 'picture')}")
        people = self.answer.prompt.people
        if people and self.answer.provider != "markov":
            kinds = ", ".join(dict.fromkeys(title(fact.kind) for fact in people))
            notes.append(f"it knew what {self.request.speaker} told it: {kinds}")
        notes += self.answer.notes
        if self.left_out:
            notes.append(f"{self.left_out} earlier turns did not fit into the time")
        if is_host(self.answer.provider):
            prompt = self.answer.prompt
            if prompt.summary:
                notes.append(f"{SUMMARY_NOTE}: {prompt.summary}")
            notes += [f"{SHOWN} an example: {line}" for line in prompt.examples]
            notes += [f"{SHOWN} a draft: {line}" for line in prompt.drafts]
        return notes

    @property
    def shares(self) -> list[int]:
        """The voice's share in each word, in percent; empty where none is known."""
        return percents(self.said, self.answer.completion.shares)

    @property
    def fields(self) -> dict[str, object]:
        """The columns of its row by name."""
        answer, done = self.answer, self.answer.completion
        return {
            "state": self.state,
            "text": self.said,
            "mode": self.mode,
            "provider": answer.provider,
            "model": self.model,
            "dial": self.dial,
            "arm": self.arm,
            "role": self.request.role.name if self.request.role else "",
            "rungs": [asdict(rung) for rung in answer.rungs],
            "turns": [_kept(turn, self.request) for turn in answer.prompt.turns],
            "recalled": self.recalled,
            "filled": self.filled,
            "summary_of": answer.prompt.summary_of,
            "shares": self.shares,
            "notes": self.notes,
            "timings": {name: round(ms, 2) for name, ms in self.timings.items()},
            "prompt_tokens": done.prompt_tokens,
            "cached_tokens": done.cached_tokens,
            "completion_tokens": done.completion_tokens,
            "cost": done.cost,
        }

    @property
    def sources(self) -> list[SourceMessage]:
        """The messages that it drew on, and those that a host was shown."""
        answer = self.answer
        found = [
            SourceMessage(used.message, used.words, used.run)
            for used in answer.completion.sources
            if not self.silence
        ]
        if is_host(answer.provider):
            # These rows let forgetting find the replies that used a message.
            found += [SourceMessage(row) for row in answer.prompt.shown]
        return found


def percents(text: str, shares: Sequence[WordShare]) -> list[int]:
    """Return a percentage for each word between spaces, or nothing where none is known.

    Words that were cut or changed since they were chosen have none.
    """
    if not shares:
        return []
    chosen, said = [share.word for share in shares], text.split()
    found = [UNKNOWN] * len(said)
    matcher = SequenceMatcher(None, chosen, said, autojunk=False)
    for mine, here, size in matcher.get_matching_blocks():
        for at in range(size):
            found[here + at] = round(100 * shares[mine + at].voice)
    return found


def _kept(turn: Turn, request: ReplyRequest) -> list[str | int | None]:
    """Return a turn as the row stores it.

    Messages from places without storage must not be stored here either, nor the names
    of their authors, which no forgetting would find.
    """
    is_private = request.trigger is not None and turn.message is None
    return ["", "", None] if is_private else [turn.speaker, turn.text, turn.message]
