"""The py-cord bot: its surroundings, its intents and its restrictions."""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence

import discord

from app.core.labels import many
from app.discord.actions.strangers import SILENT_HERE, Strangers
from app.discord.answers import answer_error, refuse
from app.discord.arrivals import Arrivals
from app.discord.backfill import Training
from app.discord.bans import forget_banned
from app.discord.catch_up import CatchUp
from app.discord.command_sync import sync_commands
from app.discord.comparison import HistoryComparison
from app.discord.delivery import Delivery
from app.discord.discord_clock import DiscordClock
from app.discord.identify_budget import IdentifyBudget
from app.discord.library_rules import LibraryRules
from app.discord.messages import Action, places_of, prefix_action
from app.discord.ports import Ports
from app.discord.reader_survey import ReaderSurvey
from app.discord.responder import Speaker
from app.discord.session_start import SessionStart
from app.discord.surroundings import ConnectionState, Pace, Surroundings
from app.discord.talk.channel_talk import ChannelTalk
from app.discord.talk.direct_talk import DirectTalk
from app.discord.talk.missed_direct import MissedDirect
from app.discord.talk.proxies import Proxies
from app.discord.talk.talk_starter import TalkStarter
from app.settings.speech_sections import BotSettings

SPARE = 1.1
"""Times Discord's pause between identifies, which others on the way make uneven."""

INTENT_HINT = (
    "Switch on “Message Content Intent” on the Bot page of the Discord developer"
    " portal, then reconnect."
)


class NotABotError(Exception):
    """The token belongs to an account that is no bot."""


class IdentifyRefusedError(Exception):
    """The budget allows no new session for now."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no new session for {seconds:.0f} s")
        self.seconds = seconds


class MynahBot(discord.Bot):
    """Mynah's additions to py-cord's bot, sharded or not."""

    surroundings: Surroundings
    rules: LibraryRules
    arrivals: Arrivals
    budget: IdentifyBudget
    clock: DiscordClock
    strangers: Strangers
    proxies: Proxies
    delivery: Delivery
    talk: ChannelTalk
    direct: DirectTalk
    missed_direct: MissedDirect
    speaker: Speaker
    training: Training
    comparison: HistoryComparison
    survey: ReaderSurvey
    starter: TalkStarter
    catch_up: CatchUp
    session_start: SessionStart
    on_state: Callable[[ConnectionState], None]
    has_content: bool
    most_at_once: int = 1
    """The shards that may identify at the same time, as Discord says."""

    def prepare(
        self,
        surroundings: Surroundings,
        on_state: Callable[[ConnectionState], None],
        has_content: bool,
        cogs: Sequence[type[discord.Cog]],
    ) -> None:
        """Give the client its parts and cogs."""
        around = self.surroundings = surroundings
        clock = self.clock = DiscordClock(
            around.clock, around.troubles, self.http.proxy
        )
        self.on_state = on_state
        self.has_content = has_content
        self.budget = IdentifyBudget(around.state, around.clock)
        self._knowing: dict[int, asyncio.Task[None]] = {}
        self.arrivals = Arrivals(self, self._tell_online)
        self._is_online = False
        self.rules = LibraryRules(self, around.supervisor, self.arrivals)
        self._is_starting = True
        self._identifying = asyncio.Lock()
        self._returning = dict[int, asyncio.Task[None]]()
        """The tasks that bring shards back, if there are some."""
        self._new = set[int]()
        """Servers of sessions that began, or that came meanwhile."""
        self.strangers = Strangers(around.settings, around.troubles, clock)
        self.proxies = Proxies(clock, around.pace.for_proxy)
        self._add_talk(around, clock)
        self._add_history(around, clock)
        for cog in cogs:
            self.add_cog(cog(self))
        for command in self.pending_application_commands:
            # py-cord keeps one command object for all clients of a process, so it may
            # still have an earlier client's name.
            callback = getattr(command, "callback", None)
            if callback is not None and callback.__name__ == "mark":
                command.name = self.settings.command

    def _add_talk(self, around: Surroundings, clock: DiscordClock) -> None:
        """Add the parts that answer people, or start talk."""
        ports, state, supervisor = around.ports, around.state, around.supervisor
        self.delivery = Delivery(self, ports, clock)
        self.talk = ChannelTalk(self, clock)
        self.speaker = Speaker(
            self, ports, self.delivery, self.talk, around.settings, state, clock,
            around.rng, supervisor,
        )  # fmt: skip
        self.direct = DirectTalk(
            self, ports, self.talk, self.delivery.under_way, around.settings, clock,
            around.rng, supervisor, self.know_channels,
        )  # fmt: skip
        self.missed_direct = MissedDirect(self, self.direct, state)
        self.starter = TalkStarter(
            self, ports, self.delivery, self.speaker, state, clock,
            around.pace.between_starts, supervisor,
        )  # fmt: skip

    def _add_history(self, around: Surroundings, clock: DiscordClock) -> None:
        """Add the parts that read what was written before, or unseen."""
        ports, state, supervisor = around.ports, around.state, around.supervisor
        pace = around.pace
        self.training = Training(self, ports, state, clock, supervisor)
        self.comparison = HistoryComparison(
            self, ports, state, pace.between_compared, supervisor
        )
        self.survey = ReaderSurvey(
            self, ports, pace.between_compared, pace.between_surveys, supervisor
        )
        self.catch_up = CatchUp(
            self, ports, state, self.speaker.hear_missed, self.comparison,
            pace.between_quiet, supervisor,
        )  # fmt: skip
        self.session_start = SessionStart(
            around, self.catch_up, self.delivery.unsent, self.missed_direct
        )
        self.delivery.on_unsent = self.session_start.try_again
        self.catch_up.on_readable = self.session_start.try_again

    async def login(self, token: str) -> None:
        """Log in, with the token of a bot.

        Raises:
            NotABotError: If it belongs to somebody else.
        """
        await super().login(token)
        if self.user is not None and not self.user.bot:
            raise NotABotError

    async def on_error(
        self, event_method: str, *args: object, **kwargs: object
    ) -> None:
        """Log the error of a listener, show it once, and tell whoever waits."""
        error = sys.exception()
        if not isinstance(error, Exception):
            return
        self.surroundings.supervisor.note(f"Handling {event_method}", error)
        if event_method in ("on_interaction", "on_typed_command"):
            await self._tell_failure(args[0], error)

    async def on_view_error(
        self,
        error: Exception,
        item: discord.ui.Item[discord.ui.View],
        interaction: discord.Interaction,
    ) -> None:
        """Explain a failed button or menu in words."""
        await answer_error(interaction, error)

    async def _tell_failure(self, asked: object, error: Exception) -> None:
        if isinstance(asked, discord.Interaction):
            # Suggestions while somebody types have no place for words.
            if asked.type is not discord.InteractionType.auto_complete:
                await answer_error(asked, error)
        elif isinstance(asked, discord.Message):
            await answer_error(asked, error)

    @property
    def ports(self) -> Ports:
        return self.surroundings.ports

    @property
    def settings(self) -> BotSettings:
        return self.surroundings.settings()

    @property
    def own_id(self) -> int:
        return self.user.id if self.user else 0

    def prefix_action(self, message: discord.Message) -> Action | None:
        """Return the command in a message, or None for an ordinary message."""
        if message.author.bot or message.guild is None:
            return None
        return prefix_action(message.content, self.settings.prefix)

    async def before_identify_hook(
        self, shard_id: int | None, *, initial: bool = False
    ) -> None:
        """Wait for Discord's pause between identifies, and for our own budget."""
        around = self.surroundings
        pause = around.pace.between_identifies
        if around.identify_wait is not None:
            bucket = (shard_id or 0) % self.most_at_once
            await asyncio.sleep(await around.identify_wait(bucket, pause * SPARE))
        elif not initial:
            async with self._identifying:
                await asyncio.sleep(pause)
        shards = self.shard_count or 1
        own = shards if around.shards.are_all else len(around.shards.numbers)
        wait = self.budget.wait_seconds(own, own / shards)
        if wait:
            raise IdentifyRefusedError(wait)
        self.budget.spend()

    async def on_connect(self) -> None:
        """At the start of a session, mark possible gaps, and sync commands."""
        self.rules.begin_session()
        self._is_starting = True
        servers = self.arrivals.take_new()
        self._new |= servers
        for server in servers:
            self._knowing.pop(server, None)
        await self.catch_up.mark(servers)
        troubles = self.surroundings.troubles
        if self.surroundings.shards.lead:
            await sync_commands(self, self.settings.command, troubles)

    async def on_ready(self) -> None:
        """Continue where the last sessions ended, now that everything is known.

        A session that one shard begins concerns its own servers alone.
        """
        if self.is_closed():
            # py-cord gets ready after its end as well.
            return
        self._is_starting = False
        self._tell_online()
        contain = self.surroundings.supervisor.contain
        with contain("Noting the servers"):
            # A server that is not available yet has no name.
            present = {guild.id: guild.name or "" for guild in self.guilds}
            await self.ports.guilds.present(present)
        new, self._new = self._new, set()
        guilds = [guild for guild in self.guilds if guild.id in new]
        for guild in guilds:
            with contain("Looking for servers that are not on the list"):
                await self.strangers.look(guild)
        for guild in guilds:
            with contain("Noting who reads a channel"):
                await self.know_channels(guild)
        self.survey.start()
        self.starter.start()
        self.training.resume_all()
        for guild in guilds:
            with contain("Following bans"):
                await forget_banned(guild, self.ports)
        with contain("Deleting old webhooks"):
            await self.delivery.hooks.tidy_all(new)
        self.session_start.begin()

    async def back_again(self, guild: discord.Guild) -> None:
        """Continue in a guild that came late, or came back."""
        if self._is_starting:
            # Once it is ready, it continues in all of them together.
            self._new.add(guild.id)
            return
        self._knowing.pop(guild.id, None)
        await self.ports.guilds.joined(guild.id, guild.name)
        await self.know_channels(guild)
        self.session_start.begin()

    async def know_channels(self, guild: discord.Guild) -> None:
        """Note who reads which channel, once a session, before anything is said."""
        known = self._knowing.get(guild.id)
        failed = known is not None and known.done() and not _went_well(known)
        if known is None or failed:
            noting = self.ports.guilds.channels_seen(places_of(guild))
            self._knowing[guild.id] = asyncio.ensure_future(noting)
        await asyncio.shield(self._knowing[guild.id])

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Carry out a command, when it is known who reads what it may say."""
        if interaction.guild is not None:
            if await self._is_silenced(interaction, interaction.guild):
                return
            if interaction.type is discord.InteractionType.application_command:
                await self.know_channels(interaction.guild)
        await super().on_interaction(interaction)  # type: ignore[no-untyped-call]

    async def _is_silenced(
        self, interaction: discord.Interaction, guild: discord.Guild
    ) -> bool:
        """Refuse to work on a server that is not listed, but for people's own data."""
        name = interaction.data.get("name") if interaction.data else None
        if name == "privacy" or not await self.strangers.look(guild):
            return False
        if interaction.type is not discord.InteractionType.auto_complete:
            await refuse(interaction, SILENT_HERE)
        return True

    async def close(self) -> None:
        """Stop the background work before the connection."""
        if not self.is_closed():
            await self.session_start.close()
            await self.catch_up.close()
            await self.speaker.close()
            await self.training.close()
            await self.comparison.close()
            await self.survey.close()
            await self.starter.close()
            await self.delivery.hooks.close()
        await super().close()

    def restart(self, shard: int) -> None:
        """Connect one of several shards anew; a client without shards ends instead."""

    async def on_resumed(self) -> None:
        self.rules.resumed()
        self._tell_online()

    def tell_servers(self) -> None:
        """Tell the number of servers again, after one came or went."""
        if self._is_online:
            self._tell_online()

    async def on_disconnect(self) -> None:
        self._is_online = False
        self.on_state(ConnectionState("connecting", "The connection was lost."))

    def _tell_online(self) -> None:
        self._is_online = True
        hint = "" if self.has_content else INTENT_HINT
        detail = f"{self.user} is in {many(len(self.guilds), 'server')}."
        if not self.has_content:
            detail += " It only reads messages that mention it."
        state = ConnectionState("online", detail, hint, not self.has_content)
        self.on_state(state)

    async def on_application_command_error(
        self, context: discord.ApplicationContext, exception: discord.DiscordException
    ) -> None:
        """Explain a failed command in words; the traceback goes to the log."""
        await answer_error(context, exception)


def _went_well(task: "asyncio.Future[None]") -> bool:
    return not task.cancelled() and task.exception() is None


class Client(MynahBot):
    """The client for a bot in few guilds."""


def client_options(
    has_content: bool, settings: BotSettings, pace: Pace
) -> Mapping[str, object]:
    """Return py-cord's options: no pings ever, and only the necessary intents."""
    intents = discord.Intents.none()
    intents.guilds = True
    intents.moderation = True
    intents.messages = True
    intents.reactions = True
    intents.message_content = has_content
    activity = discord.Game(settings.activity) if settings.activity else None
    return {
        "intents": intents,
        "activity": activity,
        "allowed_mentions": discord.AllowedMentions.none(),
        "auto_sync_commands": False,
        "cache_default_sounds": False,
        "chunk_guilds_at_startup": False,
        "heartbeat_timeout": pace.heartbeat_timeout,
        "guild_ready_timeout": pace.guild_ready_timeout,
    }
