"""Tunes a cloud model on messages that members agreed to share."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from app.chat import tuning_data
from app.chat.tuning_data import Examples, Given, RatedReply
from app.core.errors import UsageError
from app.core.files import ensure_free, replacing
from app.core.names import GuildId
from app.core.token_estimate import estimate_tokens
from app.ipc import control
from app.providers.openai.cloud_prompt import TASK, instruction
from app.providers.openai.tuning_jobs import (
    EPOCHS,
    LEAST_EXAMPLES,
    CloudTuning,
    Order,
    TuningJob,
)
from app.service.app_context import AppContext
from app.service.events import Asker
from app.settings.consent import AGREE, what_leaves
from app.settings.schema import Config
from app.store import fine_tuning, members, messages
from app.store.rows import StoredGuild, StoredMessage

POLICY = (
    "Discord's developer policy forbids training machine learning models on message"
    " content without Discord's express permission; whether you have it, and whether"
    " every member whose words are sent agreed, is yours to answer for."
)
TOKENS_A_MESSAGE = 4

EXPORTED = ("train", "validation", "preferences")
"""The parts of `Examples` that an export writes, a file each."""


class FineTuningHandlers:
    """Answers the requests for tuning a cloud model."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._cloud = CloudTuning(context.cloud)

    async def export_tuning(
        self, asker: Asker, request: control.ExportTuning
    ) -> control.ExportTuningReply:
        """Write the files; nothing is sent."""
        guild = await self._context.guild(request.guild)
        examples, counts = await self._examples(guild)
        target = Path(request.to)
        files = [target / f"{name}.jsonl" for name in EXPORTED]
        for file in files:
            ensure_free(file, overwrite=request.overwrite)
        await asyncio.to_thread(_write, examples, files)
        return control.ExportTuningReply(**vars(counts), files=[*map(str, files)])

    async def tune_estimate(
        self, asker: Asker, request: control.TuneEstimate
    ) -> control.TuneEstimateReply:
        """Count and price; nothing is sent."""
        guild = await self._context.guild(request.guild)
        _, told = await self._order(guild, request.model, request.preferences)
        return told

    async def tune_start(
        self, asker: Asker, request: control.TuneStart
    ) -> control.TuneStartReply:
        """Send the agreed messages, and start."""
        guild = await self._context.guild(request.guild)
        config = await self._context.settings.of(guild.id)
        await self._ask(guild, config)
        if not request.agreed:
            raise UsageError(
                self._question(),
                "Repeat the command with --yes to agree and accept that.",
            )
        order, told = await self._order(guild, request.model, request.preferences)
        self._check(order, config)
        await self._context.settings.agree(guild.id, "tuning")
        job = await self._cloud.start(order)
        return control.TuneStartReply(**vars(told), job=job)

    async def tune_status(
        self, asker: Asker, request: control.TuneStatus
    ) -> control.TuneStatusReply:
        """Ask the host for the progress."""
        guild = await self._context.guild(request.guild)
        return _told(await self._cloud.status(guild.id, request.job))

    async def tune_use(
        self, asker: Asker, request: control.TuneUse
    ) -> control.TuneUseReply:
        """Use the tuned model for this guild only."""
        guild = await self._context.guild(request.guild)
        job = await self._cloud.status(guild.id, request.job)
        if job.state != "succeeded" or not job.tuned_model:
            raise UsageError(
                f"The tuning {job.id} has no model yet: it is {job.state}.",
                "Check its progress with `mynah tune status`.",
            )
        await self._context.settings.change("openai.model", job.tuned_model, guild.id)
        return control.TuneUseReply(job.id, job.tuned_model)

    async def _ask(self, guild: StoredGuild, config: Config) -> None:
        """Refuse a locked server, and one that the host may not even answer.

        Tuning makes a model for replies, so those are agreed to first.
        """
        settings = self._context.settings
        address = settings.home.openai.address
        if not address.is_cloud:
            return
        if config.reply.local_only:
            raise UsageError("This server is locked to this computer.")
        if not await settings.has_agreed(guild.id, "replies", address):
            raise UsageError(
                what_leaves(address.name, "replies"),
                f"Agree to that first: `{AGREE['replies']}`.",
            )

    def _question(self) -> str:
        address = self._context.settings.home.openai.address
        if not address.is_cloud:
            return POLICY
        return f"{what_leaves(address.name, 'tuning')} {POLICY}"

    async def _examples(
        self, guild: StoredGuild
    ) -> tuple[Examples, control.TuningCounts]:
        config = await self._context.settings.of(guild.id)
        names = [name.lstrip("#") for name in config.learn.tuning_channels]
        reader = self._context.reader
        channels = await reader.run(fine_tuning.open_channels, guild.id, names)
        agreed = await reader.run(members.allow_tuning, guild.id)
        given: list[Given | None] = []
        for channel in channels:
            given += [
                _given(line) for line in await reader.run(fine_tuning.lines, channel)
            ]
        rated = await reader.run(_rated, guild.id, agreed, frozenset(channels))
        name = config.bot.name
        system = instruction(name, config.reply.max_words, config.reply.persona)
        task = TASK.format(name=name)
        made = await asyncio.to_thread(tuning_data.make, given, rated, system, task)
        counts = control.TuningCounts(
            messages=made.messages,
            train=len(made.train),
            validation=len(made.validation),
            preferences=len(made.preferences),
            duplicates=made.duplicates,
            private=made.private,
            members=len(agreed),
            channels=len(channels),
        )
        return made, counts

    async def _order(
        self, guild: StoredGuild, model: str, preferences: bool
    ) -> tuple[Order, control.TuneEstimateReply]:
        examples, counts = await self._examples(guild)
        train = examples.preferences if preferences else examples.train
        validation = [] if preferences else examples.validation
        tokens = EPOCHS * sum(map(_tokens, train))
        price = self._context.prices.of(model)
        is_free = not self._context.settings.home.openai.address.is_cloud
        is_priced = self._context.prices.knows(model) and price.training > 0
        cost = tokens * price.training / 1_000_000 if is_priced else None
        cost = 0.0 if is_free else cost
        order = Order(
            guild.id, model, _lines(train), _lines(validation), tokens, cost or 0.0,
            examples.guilds, preferences,
        )  # fmt: skip
        told = control.TuneEstimateReply(
            **vars(counts), model=model, epochs=EPOCHS, tokens=tokens, cost=cost
        )
        return order, told

    def _check(self, order: Order, config: Config) -> None:
        """Refuse an order that the host would reject or a budget forbids."""
        count = order.train.count(b"\n")
        if count < LEAST_EXAMPLES:
            raise UsageError(
                f"There are {count} examples; {LEAST_EXAMPLES} are needed.",
                "Members agree with `/privacy tuning`, and learn.tuning_channels names"
                " channels that are open for it and that everyone can see.",
            )
        home, ledger = self._context.settings.home.openai, self._context.ledger
        if not home.address.is_cloud:
            return
        shared = (home.daily_budget, home.monthly_budget)
        own = (config.openai.daily_budget, config.openai.monthly_budget)
        guild = None if own == shared else own
        if reason := ledger.refuses(order.guild, guild, shared):
            raise UsageError(f"Nothing was sent: {reason}.")
        for whose, budgets in ((None, shared), (order.guild, own)):
            spent = (ledger.today(whose), ledger.month(whose))
            for before, budget in zip(spent, budgets, strict=True):
                if budget and before + order.cost > budget:
                    raise UsageError(
                        f"It would cost ${order.cost:.2f}, more than the budget of"
                        f" ${budget:.2f} leaves.",
                        "Raise openai.monthly_budget, or open fewer channels.",
                    )


def _given(line: fine_tuning.TuningLine) -> Given | None:
    if not line.agreed:
        return None
    return Given(line.channel, line.author, line.text, line.ts, line.guild)


def _rated(
    guild: GuildId, agreed: set[str], channels: frozenset[int]
) -> list[RatedReply]:
    """Return judged replies that hold words of people who agreed alone.

    All lines before them, and all messages that they drew on, are from open channels.
    """
    found = []
    for reply in fine_tuning.judged(guild):
        said = [row for *_, row in reply.turns if isinstance(row, int)]
        rows = sorted({*said, *reply.drawn})
        given = {
            message.id: message
            for message in messages.by_rows(rows)
            if message.channel in channels
            and message.author in agreed
            and not message.is_bot
        }
        if not said or len(said) < len(reply.turns) or len(given) < len(rows):
            continue
        lines = _spoken([given[row] for row in said])
        guilds = frozenset({guild, *(message.guild for message in given.values())})
        found.append(RatedReply(lines, reply.text, reply.rating, guilds))
    return found


def _spoken(said: Sequence[StoredMessage]) -> tuple[str, ...]:
    """Return messages as lines, without the names of their authors."""
    numbers: dict[str, int] = {}
    return tuple(
        f"person{numbers.setdefault(one.author, len(numbers) + 1)}:"
        f" {' '.join(one.text.split())}"
        for one in said
    )


def _lines(rows: Sequence[object]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _tokens(example: object) -> int:
    """Estimate the tokens of all texts in an example."""
    if isinstance(example, dict):
        own = example.get("content")
        if isinstance(own, str):
            return estimate_tokens(own) + TOKENS_A_MESSAGE
        return sum(map(_tokens, example.values()))
    return sum(map(_tokens, example)) if isinstance(example, list) else 0


def _write(examples: Examples, files: Sequence[Path]) -> None:
    files[0].parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, path in zip(EXPORTED, files, strict=True):
        with replacing(path, is_secret=True) as file:
            file.write(_lines(getattr(examples, name)))


def _told(job: TuningJob) -> control.TuneStatusReply:
    return control.TuneStatusReply(
        job=job.id,
        state=job.state,
        model=job.model,
        tuned_model=job.tuned_model,
        tokens=job.tokens,
        error=job.error,
        events=[control.TuningEvent(at, text) for at, text in job.events],
    )
