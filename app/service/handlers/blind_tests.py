"""Blind tests: two replies to a message, and the choice of the better one."""

import itertools
from dataclasses import asdict
from random import Random, SystemRandom

from app.chat.ab_arms import parse, standings, wilson
from app.chat.self_tune import Arm
from app.core.errors import UsageError
from app.core.names import GuildId
from app.ipc import control
from app.replies.request import MadeReply, ReplyRequest
from app.service.app_context import AppContext
from app.service.events import Asker
from app.service.hosts.host_users import host_to_ask
from app.store import comparisons, messages
from app.store.rows import StoredGuild, StoredMessage

LATELY = 2000
"""The number of newest messages to draw one from."""

LEAST_WORDS = 3
TRIES = 4
"""The most conversations to try until two arms differ."""

SHOWN = 6
WAIT_MS = 8000.0
"""The time limit; nobody waits on Discord, so a slow model may finish."""


class BlindTestHandlers:
    """Answers `Blind`, `BlindChoose` and `BlindResults`."""

    def __init__(self, context: AppContext, rng: Random | None = None) -> None:
        self._context = context
        self._rng = rng or SystemRandom()
        self._numbers = itertools.count(1)
        self._pending: dict[int, tuple[GuildId, MadeReply, MadeReply]] = {}

    async def blind(self, asker: Asker, request: control.Blind) -> control.BlindReply:
        """Return two replies by two arms, in random order."""
        guild = await self._context.guild(request.guild)
        config = await self._context.settings.of(guild.id)
        dial = config.reply.dial
        arms = [parse(request.first, dial), parse(request.second, dial)]
        if arms[0] == arms[1]:
            raise UsageError("A comparison needs two different modes.")
        said = await self._context.reader.run(_said, guild.id)
        if not said:
            raise UsageError(
                "This server has no messages yet.", "Import some messages first."
            )
        first, second = await self._two(guild, said, arms, request.may_cost)
        pair = next(self._numbers)
        self._pending = {pair: (guild.id, first, second)}
        turns = first.answer.prompt.turns[-SHOWN:]
        return control.BlindReply(
            pair,
            turns=[[turn.speaker, turn.text] for turn in turns],
            texts=[one.answer.finished.text for one in (first, second)],
        )

    async def blind_choose(
        self, asker: Asker, request: control.BlindChoose
    ) -> control.BlindChooseReply:
        """Store the choice, and only then reveal the arms."""
        if request.pair not in self._pending:
            raise UsageError("That comparison has ended.", "Start another one.")
        if request.won not in (0, 1, 2):
            raise UsageError("Choose 1 or 2 for the better reply, or 0 for neither.")
        guild, first, second = self._pending.pop(request.pair)
        await self._context.database.run(
            comparisons.add, guild, first.reply, second.reply, request.won
        )
        made = [str(Arm(one.mode, one.dial)) for one in (first, second)]
        results = await self._results(guild)
        return control.BlindChooseReply(**vars(results), arms=made)

    async def blind_results(
        self, asker: Asker, request: control.BlindResults
    ) -> control.BlindResultsReply:
        """Return the win rates so far, including those of a live split."""
        guild = await self._context.guild(request.guild)
        return await self._results(guild.id)

    async def _two(
        self,
        guild: StoredGuild,
        said: list[StoredMessage],
        arms: list[Arm],
        may_cost: bool,
    ) -> tuple[MadeReply, MadeReply]:
        """Return two different replies, each made by its own arm."""
        why = ""
        for _ in range(1 if may_cost else TRIES):
            self._rng.shuffle(arms)
            message = self._rng.choice(said)
            first, second = [
                await self._reply(guild, message, arm, may_cost) for arm in arms
            ]
            why = _fell_back(first, arms[0]) or _fell_back(second, arms[1])
            if not why and first.answer.finished.text != second.answer.finished.text:
                return first, second
        raise UsageError(
            f"Mynah could not make two replies: {why or 'both replies are the same'}.",
            "Check with `mynah bench` that the model is here and fast enough.",
        )

    async def _reply(
        self, guild: StoredGuild, message: StoredMessage, arm: Arm, may_cost: bool
    ) -> MadeReply:
        host = await host_to_ask(self._context, guild.id) if may_cost else None
        request = ReplyRequest(
            guild.id,
            message.text,
            message.name or "someone",
            "blind test",
            message.channel,
            message=message.id,
            mode=arm.mode,
            dial=arm.dial,
            max_ms=WAIT_MS,
            is_private=True,
            provider=host.name if host else None,
            is_free=not may_cost,
        )
        made = await self._context.replier.reply(request)
        if made is None:
            raise UsageError("A message behind it was just forgotten.", "Try again.")
        return made

    async def _results(self, guild: GuildId) -> control.BlindResultsReply:
        chosen = await self._context.reader.run(comparisons.of, guild)
        pairs = [
            (Arm(one[0], one[1]), Arm(one[2], one[3]), one.won)  # type: ignore[arg-type]
            for one in chosen
        ]
        live = await self._context.reader.run(comparisons.live, guild)
        return control.BlindResultsReply(
            comparisons=len(pairs),
            blind=[
                control.WinRate(str(arm), **asdict(rate))
                for arm, rate in standings(pairs).items()
            ],
            live=[
                control.LiveWinRate(
                    one.arm,
                    **asdict(wilson(one.liked, one.liked + one.disliked)),
                    replies=one.replies,
                )
                for one in live
            ],
        )


def _fell_back(made: MadeReply, arm: Arm) -> str:
    """Return why the chain replaced the model; empty if it did not."""
    if made.answer.provider != "markov" or arm.mode == "markov":
        return ""
    reasons = (rung.reason for rung in made.answer.rungs if rung.reason)
    return next(reasons, "the model did not answer")


def _said(guild: GuildId) -> list[StoredMessage]:
    """Return people's messages that are worth an answer."""
    page = messages.page(guild, limit=LATELY)
    return [
        message
        for message in page
        if not message.is_bot
        and message.dropped is None
        and len(message.text.split()) >= LEAST_WORDS
    ]
