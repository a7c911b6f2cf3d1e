"""The servers that the screens know: the first by name, and others that they show."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from app.core.names import GuildId
from app.tui.app_frame import AppFrame
from app.tui.event_buffer import is_done
from app.tui.widgets.dialogs import AskText, Pick

if TYPE_CHECKING:
    from app.ipc.control import GuildFigures, Progress

MOST_OTHERS = 50
"""The servers that are known besides the first ones."""


class ListingApp(AppFrame):
    """Knows a page of the servers, and lets the owner choose one of all."""

    knows_guilds = False
    """True once the bot has said which guilds there are."""
    all_guilds = 0
    """The number of all guilds."""

    @property
    def has_more_guilds(self) -> bool:
        """True if there are more guilds than those of a page."""
        return self.all_guilds > len(self.guilds)

    @property
    def known_guilds(self) -> "dict[GuildId, GuildFigures]":
        """Everything known of guilds, by their rows."""
        return self.other_guilds | {guild.row: guild for guild in self.guilds}

    async def load_guilds(self) -> None:
        """Fetch the first guilds again, and those that are shown besides."""
        from app.ipc import control

        reply = await self.link.call(control.Guilds())
        on_page = {guild.row for guild in reply.guilds}
        asked = [row for row in self.other_guilds if row not in on_page][-MOST_OTHERS:]
        others: list[GuildFigures] = []
        if asked and reply.all > len(on_page):
            others = (await self.link.call(control.Guilds(rows=asked))).guilds
        # Other screens look meanwhile, so all that is known changes at once.
        kept = [one for one in self.known_guilds.values() if self.forgetting(one)]
        fresh = [one for row, one in self.other_guilds.items() if row not in asked]
        self.guilds, self.all_guilds = reply.guilds, reply.all
        self.other_guilds = {one.row: one for one in [*kept, *fresh, *others]}
        self.knows_guilds = True

    def forgetting(self, guild: "GuildFigures") -> "Progress | None":
        """Return the work that forgets messages of a guild, while it goes on.

        Until it ends the screens show the guild, though the bot lists no empty one.
        """
        job = self.progress.get(("forget", guild.guild))
        return job if job and not is_done(job) else None

    async def know_guilds(self, rows: Iterable[GuildId]) -> None:
        """Fetch what the screens tell of these guilds, unless that is known."""
        from app.ipc import control

        unknown = [row for row in dict.fromkeys(rows) if row not in self.known_guilds]
        if unknown and self.has_more_guilds:
            asked = control.Guilds(rows=unknown[-MOST_OTHERS:])
            for guild in (await self.link.call(asked)).guilds:
                self.know_guild(guild)

    def know_guild(self, guild: "GuildFigures") -> None:
        """Keep a guild that is shown, as it may be on no page."""
        self.other_guilds.pop(guild.row, None)
        self.other_guilds[guild.row] = guild
        if len(self.other_guilds) > MOST_OTHERS:
            del self.other_guilds[next(iter(self.other_guilds))]

    async def guilds_named(self, words: Iterable[str]) -> "list[GuildFigures]":
        """Return the first guilds, after those with one of the words in their names."""
        from app.ipc import control

        found: dict[GuildId, GuildFigures] = {}
        for one in words if self.has_more_guilds else ():
            reply = await self.link.call(control.Guilds(one))
            found |= {guild.row: guild for guild in reply.guilds}
        return [*(found | {guild.row: guild for guild in self.guilds}).values()]

    def pick_guild(
        self,
        question: str,
        picked: "Callable[[GuildFigures], None]",
        fits: "Callable[[GuildFigures], object]" = lambda guild: True,
        at: GuildId | None = None,
    ) -> None:
        """Let the owner choose a guild; of many, by a part of its name."""

        def choose(guilds: "list[GuildFigures]") -> None:
            fitting = [guild for guild in guilds if fits(guild)]
            options = [(guild.guild, guild) for guild in fitting]
            rows = [guild.row for guild in fitting]
            place = rows.index(at) if at in rows else 0
            if options:
                self.push_screen(Pick(question, options, place), chosen)
            else:
                self.tell("No server with such a name can be chosen.")

        def chosen(guild: "GuildFigures | None") -> None:
            if guild is not None:
                self.know_guild(guild)
                picked(guild)

        def named(words: str | None) -> None:
            async def find() -> None:
                from app.ipc import control

                choose((await self.link.call(control.Guilds(words or ""))).guilds)

            if words is not None:
                self.run_link(find, exclusive=False)

        if self.has_more_guilds:
            detail = f"A part of its name finds it among {self.all_guilds:,} servers."
            self.push_screen(AskText(question, detail), named)
        else:
            choose(self.guilds)

    def without_guilds(self, advice: str) -> str:
        """Return what a screen says while it has no server to show.

        Args:
            advice: The remedy if there really is none.
        """
        if self.knows_guilds:
            return f"No server is learned yet. {self.advice(advice)}".rstrip()
        if self.link_state.is_up:
            return "Asking the bot which servers it knows…"
        return "Which servers are learned is not known yet: the bot is not running."

    def keep_guild(self, guild: "GuildFigures") -> None:
        """Keep the owner's change of a guild until the guilds are fetched again."""
        self.guilds = [guild if one.row == guild.row else one for one in self.guilds]
        if guild.row in self.other_guilds:
            self.other_guilds[guild.row] = guild
