"""Training: reads the whole history of listened channels, page by page."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NotRequired, TypedDict

import aiohttp
import discord

from app.core.errors import UsageError
from app.core.state_file import StateFile
from app.core.supervisor import Supervisor
from app.discord import answers
from app.discord.comparison import PAGE, recheck_page
from app.discord.messages import Listenable, Spoken, Talk, channels_of, incoming
from app.discord.ports import Ports
from app.service.voices.forgetter import Forgotten

log = logging.getLogger(__name__)


class HistoryPlan(TypedDict):
    """The rest of a history that is to be read, as it is kept on disk."""

    channels: dict[str, int | str]
    """The oldest message read of each channel, 0 before the first page, or "done"."""
    skipped: list[str]
    read: int
    new: int
    report: tuple[int, int] | list[int] | None
    """The channel and message that tell the progress."""
    clean: NotRequired[bool]
    """True to forget first what is known."""


RETRY_SECONDS = 5.0
REPORT_SECONDS = 5.0

MAX_THREADS = 1000

ALREADY = "Training is already running."
NO_CHANNELS = "The bot listens to no channel there."

Trained = Listenable | discord.Thread
"""A channel, or a private thread that is listened to by itself."""


class Training:
    """Trains guilds in the background; a plan on disk records what is left."""

    def __init__(
        self,
        bot: discord.Client,
        ports: Ports,
        state: StateFile,
        clock: Callable[[], float],
        supervisor: Supervisor,
    ) -> None:
        self._supervisor = supervisor
        self._bot = bot
        self._ports = ports
        self._state = state
        self._clock = clock
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def is_running(self, guild: int) -> bool:
        return guild in self._tasks

    def refuse_a_second(self, guild: int) -> None:
        """Raise a UsageError while a training of the guild runs."""
        if self.is_running(guild):
            raise UsageError(ALREADY)

    async def to_read(
        self, guild: discord.Guild, chosen: Sequence[Trained] | None = None
    ) -> Sequence[Trained]:
        """Return the channels to read: the chosen ones, or all that are listened to.

        Raises:
            UsageError: If a training runs, or there is no channel to read.
        """
        self.refuse_a_second(guild.id)
        channels = await self.channels_of(guild) if chosen is None else chosen
        if not channels:
            raise UsageError(NO_CHANNELS, "Choose channels to learn from first.")
        return channels

    async def channels_of(self, guild: discord.Guild) -> list[Trained]:
        """Return the channels that a training of this guild would read."""
        listened = await self._ports.guilds.learning_channels(guild.id)
        channels: list[Trained] = [*channels_of(guild), *guild.threads]
        return [one for one in channels if one.id in listened]

    async def readable(self, channels: Sequence[Trained]) -> list[Trained]:
        """Those whose newest page Discord hands out now."""
        found = []
        for channel in channels:
            try:
                if isinstance(channel, Talk):
                    await channel.history(limit=1).flatten()
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                log.warning("Channel %s cannot be read: %s", channel.id, error)
            else:
                if channel.permissions_for(channel.guild.me).read_message_history:
                    found.append(channel)
        return found

    async def prepare(
        self,
        guild: discord.Guild,
        channels: Sequence[Trained],
        report: tuple[int, int] | None,
        *,
        clean: bool = False,
    ) -> Forgotten | None:
        """Plan to read channels and their threads; `resume` begins.

        Args:
            report: (channel, message) of the bot's own progress message.
            clean: Forget first what is learned; what was forgotten is returned.
        """
        plan: HistoryPlan = {
            "clean": clean,
            "channels": {str(one.id): 0 for one in channels if isinstance(one, Talk)},
            "report": report,
            "new": 0,
            "read": 0,
            "skipped": [],
        }
        for channel in channels:
            for thread in await _threads_of(channel):
                plan["channels"][str(thread)] = 0
        # A killed process forgets and reads on, so nothing is forgotten without that.
        self._save(guild.id, plan)
        return await self._forget_first(guild.id, plan)

    async def _forget_first(self, guild: int, plan: HistoryPlan) -> Forgotten | None:
        gone = None
        if plan.get("clean"):
            gone = await self._ports.messages.forget_learned(guild)
        await self._ports.messages.learn_anew(guild)
        plan["clean"] = False
        self._save(guild, plan)
        return gone

    def resume_all(self) -> None:
        """Continue interrupted trainings after a restart."""
        for key in self._state.get("trainings", {}):
            self.resume(int(key))

    async def stop(self, guild: int) -> bool:
        """Stop a training; learned messages stay. Return whether there was one."""
        was = self._plan(guild) is not None
        await self.pause(guild)
        self._save(guild, None)
        return was

    async def pause(self, guild: int) -> bool:
        """Pause a training; return whether one was running."""
        task = self._tasks.pop(guild, None)
        if task is None:
            return False
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return True

    def resume(self, guild: int) -> bool:
        """Begin or continue a planned training; return whether there is one."""
        if self._plan(guild) is None or guild in self._tasks:
            return False
        self._run(guild)
        return True

    async def close(self) -> None:
        """Pause; the plans wait for the next start."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _run(self, guild: int) -> None:
        kept = self._supervisor.keep("Reading history", lambda: self._train(guild))
        task = asyncio.create_task(kept)
        self._tasks[guild] = task
        task.add_done_callback(lambda done: self._ended(guild, done))

    def _ended(self, guild: int, task: asyncio.Task[None]) -> None:
        if self._tasks.get(guild) is task:
            del self._tasks[guild]

    async def _train(self, guild: int) -> None:
        progress = ProgressPace(self._clock)
        plan = self._plan(guild)
        if plan is not None and plan.get("clean"):
            await self._forget_first(guild, plan)
        while plan is not None and (key := _next_channel(plan)) is not None:
            plan = await self._read_page(guild, plan, key)
            await self._report(guild, plan, progress, is_last=False)
        if plan is not None:
            await self._report(guild, plan, progress, is_last=True)
            self._save(guild, None)

    async def _read_page(self, guild: int, plan: HistoryPlan, key: str) -> HistoryPlan:
        """Learn one page of one channel, and mark it as done in the plan."""
        before = int(plan["channels"][key])
        try:
            channel = await self._find(int(key))
            if not isinstance(channel, Talk):
                raise LookupError(f"channel {key} is gone")
            history = channel.history(
                limit=PAGE, before=discord.Object(before) if before else None
            )
            page = await history.flatten()
        except (
            discord.Forbidden, discord.NotFound, discord.InvalidData, LookupError
        ) as error:  # fmt: skip
            log.warning("Training skips channel %s: %s", key, error)
            # Discord tells the names of hidden channels to those who see them alone.
            plan["skipped"].append(f"<#{key}>")
            page = []
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("Training waits after %s", error)
            await asyncio.sleep(RETRY_SECONDS)
            return plan
        own = self._bot.user.id if self._bot.user else 0
        said = [one for m in page if (one := incoming(m, own)) is not None]
        plan["new"] += await self._ports.messages.hear(said)
        plan["read"] += len(said)
        if page:
            # Other stored messages of this stretch are no longer on Discord.
            await recheck_page(self._bot, self._ports, page, before or page[0].id + 1)
        plan["channels"][key] = page[-1].id if len(page) == PAGE else "done"
        self._save(guild, plan)
        return plan

    async def _find(self, channel: int) -> object:
        """Return the channel, from memory or (for an archived thread) from Discord."""
        found = self._bot.get_channel(channel)
        return found or await self._bot.fetch_channel(channel)

    async def _report(
        self, guild: int, plan: HistoryPlan, progress: "ProgressPace", *, is_last: bool
    ) -> None:
        share = _share_done(plan)
        if not progress.is_due(share) and not is_last:
            return
        read = plan["read"]
        await self._ports.messages.train_progress(
            guild, share, read, progress.rate(read), is_last
        )
        text = _summary(plan) if is_last else progress.text(share, plan["read"])
        if not plan["report"]:
            return
        channel_id, message_id = plan["report"]
        channel = self._bot.get_channel(channel_id)
        if isinstance(channel, Talk):
            # The message may be deleted, which is no reason to stop.
            with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
                told = channel.get_partial_message(message_id)
                await answers.change(told, text)

    def _plan(self, guild: int) -> HistoryPlan | None:
        plan: HistoryPlan | None = self._state.get("trainings", {}).get(str(guild))
        return plan

    def _save(self, guild: int, plan: HistoryPlan | None) -> None:
        plans = dict(self._state.get("trainings", {}))
        plans.pop(str(guild), None)
        if plan is not None:
            plans[str(guild)] = plan
        self._state.put("trainings", plans)


class ProgressPace:
    """Decides when to show progress again, and estimates the remaining time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self._first: float | None = None
        self._first_read: int | None = None
        self._last = -REPORT_SECONDS

    def is_due(self, share: float) -> bool:
        """Return whether enough time has passed since the last update."""
        if self._first is None:
            self._first = share
        if self._clock() - self._last < REPORT_SECONDS:
            return False
        self._last = self._clock()
        return True

    def rate(self, read: int) -> float:
        """Return messages per second since the training was started or resumed."""
        if self._first_read is None:
            self._first_read = read
        seconds = self._clock() - self._started
        return (read - self._first_read) / seconds if seconds > 0 else 0.0

    def text(self, share: float, read: int) -> str:
        """Return one line with percent, messages read and time left."""
        line = f"Learning: {share:.0%}, {read:,} messages read"
        done = share - (self._first or 0.0)
        if done <= 0.01:
            return line + "…"
        seconds = (self._clock() - self._started) * (1 - share) / done
        return f"{line}, about {_duration(seconds)} left."


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _summary(plan: HistoryPlan) -> str:
    channels = len(plan["channels"]) - len(plan["skipped"])
    text = (
        f"Done: read {plan['read']:,} messages of {channels} channels and threads,"
        f" {plan['new']:,} of them new."
    )
    if plan["skipped"]:
        text += f" I have no permission to read {', '.join(plan['skipped'])}."
    return text


def _next_channel(plan: HistoryPlan) -> str | None:
    for key, position in plan["channels"].items():
        if position != "done":
            return str(key)
    return None


def _share_done(plan: HistoryPlan) -> float:
    """Return the share that is read, 0-1, assuming evenly spread messages."""
    now = discord.utils.time_snowflake(discord.utils.utcnow())
    shares = []
    for key, position in plan["channels"].items():
        if isinstance(position, str):
            shares.append(1.0)
        elif position == 0:
            shares.append(0.0)
        else:
            shares.append((now - position) / max(now - int(key), 1))
    return sum(shares) / len(shares) if shares else 1.0


async def _threads_of(channel: Trained) -> list[int]:
    """Return ids of a channel's public threads, open and archived."""
    if isinstance(channel, discord.Thread | Spoken):
        return []
    ids = [thread.id for thread in channel.threads if not thread.is_private()]
    try:
        async for thread in channel.archived_threads(limit=MAX_THREADS):
            ids.append(thread.id)
    except discord.HTTPException as error:
        log.info("Archived threads of #%s cannot be listed: %s", channel.name, error)
    return list(dict.fromkeys(ids))
