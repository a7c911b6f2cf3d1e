"""Makes replies: context, recall, drafts, ladder, and the row that explains each."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from random import Random
from typing import Protocol

from app.chat import reply_time
from app.chat.best_of_n import BestOf, Refuse
from app.chat.circuit_breaker import Clock
from app.chat.held_back import holding_back
from app.chat.ladder import Answer, Ladder, OnPiece, Rung
from app.chat.postprocess import is_copy
from app.chat.prompt_settings import Mode, build, choose_mode
from app.chat.word_shares import percents
from app.core.labels import is_host
from app.providers.base import Prompt, Turn
from app.replies.cloud_examples import RECENT, Illustrator, Remembers
from app.replies.conversation_context import ConversationContext, gather
from app.replies.ladder_builder import LadderBuilder
from app.replies.line_count import Bursts
from app.replies.mode_choice import ModeChoice
from app.replies.request import MadeReply, ReplyRequest
from app.replies.stale_lines import StaleLines
from app.settings.effective import Settings
from app.settings.host_gate import Gate
from app.settings.schema import Config
from app.store import replies
from app.store.database import Database
from app.voice.voice import Voice

TRIES = 6
"""The most times a reply is made while messages it drew on are being forgotten."""

ECHO = "echo"
"""The model for trials, which says what was said."""

DRAFT_SHARE = 0.2
"""The share of the deadline after which there is no time for drafts."""

LEAST_TURNS = 4
"""The fewest turns that show how people write where nothing is learned."""


class VoiceSource(Protocol):
    """A source of guilds' voices."""

    async def voice(self, guild: int) -> Voice: ...


class Replier:
    """Makes every reply."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        rungs: LadderBuilder,
        voices: VoiceSource,
        rng: Random,
        memory: Remembers | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._database = database
        self._settings = settings
        self._gate = Gate(settings)
        self._rungs = rungs
        self._voices = voices
        self._rng = rng
        self._memory = memory
        self._clock = clock
        self._illustrator = Illustrator(database, rng, memory)
        self._choosing = ModeChoice(database, rng)
        self._bursts = Bursts(database, rng, clock)
        self._stale = StaleLines(database, rng, clock)

    @property
    def waiting(self) -> int:
        """The requests that wait for their turn at the cloud."""
        return self._rungs.waiting

    async def reply(
        self, request: ReplyRequest, on_piece: OnPiece = lambda piece: None
    ) -> MadeReply | None:
        """Make a reply; None when its trigger has one already, or as in `fulfil`.

        Args:
            on_piece: Receives the text as it is written; None withdraws it.
        """
        arrived = self._clock() if request.arrived is None else request.arrived
        reply = None
        if request.trigger is not None or request.mode != "markov":
            reply = await self._database.run(
                replies.claim,
                request.guild,
                request.channel,
                request.reason,
                request.trigger,
            )
            if reply is None:
                return None
        return await self.fulfil(reply, replace(request, arrived=arrived), on_piece)

    async def fulfil(
        self,
        reply: int | None,
        request: ReplyRequest,
        on_piece: OnPiece = lambda piece: None,
    ) -> MadeReply | None:
        """Write a reply whose row is claimed, or with None made when it is written.

        None if its trigger was forgotten meanwhile, or what it drew on time and again.
        """
        for attempt in range(TRIES):
            if attempt == TRIES // 2:
                # Where much is edited, only the chain is quick enough.
                request = replace(request, mode="markov")
            made, is_over = None, False
            try:
                with self._memory.quiet() if self._memory else nullcontext():
                    made = await self._make(reply, request, on_piece)
            except asyncio.CancelledError:
                # The next session answers what this one was too short for.
                is_over = request.trigger is not None
                raise
            finally:
                if made is None and reply is not None and not is_over:
                    await self._database.run(replies.set_state, reply, "failed")
            if (kept := await self._keep(made)) is not None:
                self._stale.note(request.guild, made.said)
                return kept
            if reply and await self._database.run(replies.is_forgotten, reply):
                return None
            on_piece(None)  # It is made again, without what was forgotten.
        if reply is not None:
            await self._database.run(replies.set_state, reply, "forgotten")
        return None

    async def _make(
        self, reply: int | None, request: ReplyRequest, on_piece: OnPiece
    ) -> MadeReply:
        stages = _Stages(self._clock, request.arrived)
        config = await self._settings.of(
            request.guild, request.root or request.channel or 0
        )
        voice = await self._voices.voice(request.guild)
        drawn = await self._choosing.draw(reply, request, config, voice.messages)
        if drawn:
            request = replace(request, mode=drawn.arm.mode, dial=drawn.arm.dial)
        wanted = request.mode or config.reply.mode
        mode = choose_mode(wanted, learned=voice.messages, seed=request.seed)
        names = self._order(config, request) if mode != "markov" else []
        gathered = await self._gather(request)
        stages.end("context")
        prompt = self._prompt(reply, request, config, mode, gathered)
        is_first = not voice.messages and len(gathered) < LEAST_TURNS
        prompt = replace(prompt, is_first=is_first)
        if names:
            prompt = await self._remember(prompt, request, config, stages)
        deadline = request.max_ms or self._rungs.time_limit_ms(mode, config, names)
        await self._rungs.read_keys(names)
        refused = await self._refused(prompt, names)
        is_early = stages.worked < deadline * DRAFT_SHARE
        is_allowed = any(reason is None for reason in refused.values())
        if is_allowed and mode == "hybrid" and is_early:
            prompt = await self._illustrator.illustrate(prompt, config, voice)
            stages.end("drafts")
        is_echo = await self._echo_of(prompt, config)
        was_said = self._stale.was_said(request.guild)
        prompt = replace(prompt, is_stale=lambda text: is_echo(text) or was_said(text))
        guard = _guard(voice, prompt.turns, is_echo)
        rungs = self._rungs.build(names, request.guild, config, gathered, refused)
        if mode == "hybrid":
            rungs = self._at_best(rungs, request, config, guard)
        # What may not be said after all is not shown while it is written.
        shows = _nobody if request.is_choosy else holding_back(on_piece, prompt.never)
        ladder = Ladder(rungs, self._clock, guard, shows, request.halt)
        answer = await _climb(ladder, prompt, deadline, stages)
        silence = ""
        if request.is_choosy:
            said = answer.finished.text
            silence = await self._illustrator.misfit(said, answer.prompt.turns)
        return MadeReply(
            reply or 0,
            request,
            mode,
            prompt.dial,
            self._rungs.model_of(answer.provider, config),
            answer,
            len(gathered) - len(answer.prompt.turns) if names else 0,
            stages.timings,
            drawn.why if drawn else "",
            str(drawn.arm) if drawn and drawn.is_turn else "",
            silence=silence,
        )

    async def _echo_of(self, prompt: Prompt, config: Config) -> Callable[[str], bool]:
        """Return a check whether a text repeats what was just said."""
        if self._rungs.model_of("local", config) == ECHO:
            return lambda text: False
        return await self._stale.echo_of(prompt.guild, prompt.turns)

    def _order(self, config: Config, request: ReplyRequest) -> list[str]:
        return self._rungs.order(config, request.provider, is_free=request.is_free)

    async def _refused(
        self, prompt: Prompt, names: Sequence[str]
    ) -> dict[str, str | None]:
        """Return for each host why it may not have this prompt, or None.

        That is before more is put into it; the provider asks the same of what it sends.
        """
        return {
            name: await self._gate.refuses(address, "replies", prompt.guilds)
            for name, address in self._rungs.addresses(names).items()
        }

    async def _gather(self, request: ReplyRequest) -> ConversationContext:
        last = Turn(
            request.speaker, request.text, message=request.message, guild=request.guild
        )
        stored = await gather(self._database, request.guild, request.channel, last)
        earlier = (*stored.conversation, *request.earlier)
        # The owner's own replies draw on everything.
        speakable = None if request.is_private else stored.speakable
        return replace(stored, conversation=earlier, speakable=speakable)

    def _prompt(
        self,
        reply: int | None,
        request: ReplyRequest,
        config: Config,
        mode: Mode,
        gathered: ConversationContext,
    ) -> Prompt:
        return build(
            config,
            mode,
            request.guild,
            str(request.channel or request.speaker),
            [*gathered.conversation, gathered.last],
            dial=request.dial,
            seed=request.seed,
            reply=reply,
            summary=gathered.summary,
            summary_of=gathered.summary_of,
            lent=frozenset(filter(None, [gathered.summary_guild])),
            channels=gathered.speakable,
        )

    async def _remember(
        self, prompt: Prompt, request: ReplyRequest, config: Config, stages: "_Stages"
    ) -> Prompt:
        """Add how the guild writes, and moments recalled by meaning."""
        lines = await self._bursts.lines(request.guild, config.reply.lines)
        prompt = replace(prompt, lines=lines)
        limit = config.memory.recall if config.memory.enabled else 0
        if self._memory is None or not limit:
            return prompt
        moments = await self._memory.recall(
            request.guild, prompt.turns[-RECENT:], _visible(request), limit
        )
        stages.end("recall")
        return replace(prompt, moments=tuple(moments or ()))

    def _at_best(
        self,
        rungs: Sequence[Rung],
        request: ReplyRequest,
        config: Config,
        guard: Refuse,
    ) -> list[Rung]:
        """Return the same rungs, with several lines to choose from by the model here.

        A reply that streams has one, and so has one of a slow model, of which a part
        counts when the time is up.
        """
        is_slow = not reply_time.has_time_for_tries(self._rungs.speed)
        if config.reply.candidates <= 1 or config.reply.stream or is_slow:
            return [*rungs]
        count = max(1, config.reply.candidates - request.waiting)
        judge = self._illustrator.judge
        return [
            replace(
                rung, provider=BestOf(rung.provider, count, judge, guard, self._clock)
            )
            if rung.provider.name == "local"
            else rung
            for rung in rungs
        ]

    async def _keep(self, made: MadeReply) -> MadeReply | None:
        """Fill in or make the row of the reply, unless it may not be kept."""
        answer, done = made.answer, made.answer.completion
        turns = answer.prompt.turns
        fields = {
            "state": made.state,
            "text": made.said,
            "mode": made.mode,
            "provider": answer.provider,
            "model": made.model,
            "dial": made.dial,
            "arm": made.arm,
            "rungs": [asdict(rung) for rung in answer.rungs],
            "turns": [_kept(turn, made.request) for turn in turns],
            "recalled": made.recalled,
            "filled": made.filled,
            "summary_of": answer.prompt.summary_of,
            "shares": percents(made.said, done.shares),
            "notes": made.notes,
            "timings": {name: round(ms, 2) for name, ms in made.timings.items()},
            "prompt_tokens": done.prompt_tokens,
            "cached_tokens": done.cached_tokens,
            "completion_tokens": done.completion_tokens,
            "cost": done.cost,
        }
        sources = [
            replies.SourceMessage(used.message, used.words, used.run)
            for used in done.sources
            if not made.silence
        ]
        if is_host(answer.provider):
            # These rows let forgetting find the replies that used a message.
            sources += [replies.SourceMessage(row) for row in answer.prompt.shown]
        if made.reply:
            finish, is_said = replies.finish, not made.request.is_private
            files = await self._database.run(
                finish, made.reply, fields, sources, is_said=is_said
            )
            return None if files is None else replace(made, files=tuple(files))
        asked = made.request
        fields |= {"guild": asked.guild, "channel": asked.channel}
        fields |= {"reason": asked.reason}
        reply = await self._database.run(replies.add, fields, sources)
        return None if reply is None else replace(made, reply=reply)


def _kept(turn: Turn, request: ReplyRequest) -> list[str | int | None]:
    """Return a turn as the row stores it.

    Messages from places without storage must not be stored here either, nor the names
    of their authors, which no forgetting would find.
    """
    is_private = request.trigger is not None and turn.message is None
    return ["", "", None] if is_private else [turn.speaker, turn.text, turn.message]


def _nobody(piece: str | None) -> None:
    """Show a piece of text to nobody."""


def _visible(request: ReplyRequest) -> frozenset[int] | None:
    """Return channels whose moments every reader may see."""
    if request.is_private:
        return None
    if request.visible is not None:
        return request.visible
    return frozenset() if request.channel is None else frozenset({request.channel})


class _Stages:
    """Records the duration of each stage."""

    def __init__(self, clock: Clock, arrived: float | None) -> None:
        self.timings: dict[str, float] = {}
        self._clock = clock
        self._start = clock() if arrived is None else arrived
        self._last = self._start
        self._waited = self.total
        if self._waited >= 1:
            self.end("waiting")

    @property
    def worked(self) -> float:
        """Return the milliseconds since the work began."""
        return self.total - self._waited

    @property
    def total(self) -> float:
        """Return the milliseconds since the message arrived."""
        return (self._clock() - self._start) * 1000

    def end(self, name: str) -> None:
        now = self._clock()
        self.timings[name] = (now - self._last) * 1000
        self._last = now


async def _climb(
    ladder: Ladder, prompt: Prompt, deadline_ms: float, stages: _Stages
) -> Answer:
    """Return the ladder's answer within what is left of the time for the reply."""
    before = stages.total
    answer = await ladder.answer(prompt, deadline_ms - stages.worked)
    stages.end("ladder")
    stages.timings["first_token"] = before + answer.first_token_ms
    stages.timings["total"] = stages.total
    return answer


def _guard(
    voice: Voice, turns: Sequence[Turn], is_echo: Callable[[str], bool]
) -> Refuse:
    """Return a check for copies of one learned message, or of what was just said."""
    said = [turn.text for turn in turns]

    def refuse(text: str) -> str | None:
        if is_echo(text):
            return "it repeated what was just said"
        for line in text.split("\n"):
            if len(line.split()) < 4:
                continue
            if is_copy(line, said):
                return "it repeated what was just said"
            if voice.repeats(line):
                return "it repeated one learned message"
        return None

    return refuse
