"""The places in Conversations: drafts, servers, channels, conversations."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from app.core.names import GuildId
from app.core.safe_text import safe_line
from app.ipc.control import GuildFigures
from app.tui import format
from app.tui.database_reader import DatabaseReader
from app.tui.screens.conversations.channel_lines import TalkLine

MOST_CONVERSATIONS = 5
"""The number of conversations listed below a chosen channel."""


@dataclass(frozen=True)
class ListedPlace:
    """A line in the list of places."""

    title: str
    guild: GuildId = GuildId(0)
    channel: int | None = None
    name: str = ""
    """The channel's name in requests."""
    drafts: int = 0
    """The number of waiting drafts, for the place of all drafts."""
    conversation: int | None = None

    @property
    def is_drafts(self) -> bool:
        """True for the place of all drafts."""
        return self.drafts > 0

    @property
    def key(self) -> tuple[GuildId, int | None, bool, int | None]:
        """The key that identifies the place, whatever happens in it."""
        return self.guild, self.channel, self.is_drafts, self.conversation


async def load(
    shelf: DatabaseReader, drafts: int, guilds: Sequence[GuildFigures]
) -> list[ListedPlace]:
    """Load all places except conversations, with waiting drafts first."""
    places = [ListedPlace("Drafts", drafts=drafts)] if drafts else []
    channels = await shelf.channels([guild.row for guild in guilds])
    inner: dict[GuildId, list[ListedPlace]] = {guild.row: [] for guild in guilds}
    for one in channels:
        place = ListedPlace(f"#{one.name}", one.guild, one.channel, one.key)
        inner[one.guild].append(place)
    for guild in guilds:
        places += [ListedPlace(guild.guild, guild.row), *inner[guild.row]]
    return places


def conversations(place: ListedPlace, lines: Sequence[TalkLine]) -> list[ListedPlace]:
    """Return the newest conversations in a channel's lines, the latest first."""
    sizes = Counter(line.conversation for line in lines)
    first: dict[int, TalkLine] = {}
    newest: dict[int, int] = {}
    for line in lines:
        if line.conversation is not None and sizes[line.conversation] > 1:
            first.setdefault(line.conversation, line)
            newest[line.conversation] = line.at
    latest = sorted(newest, key=lambda one: -newest[one])[:MOST_CONVERSATIONS]
    return [
        ListedPlace(
            safe_line(first[one].text),
            place.guild,
            place.channel,
            place.name,
            conversation=one,
        )
        for one in latest
    ]


def with_conversations(
    found: list[ListedPlace], inner: Sequence[ListedPlace]
) -> list[ListedPlace]:
    """Insert a channel's conversations below it."""
    if not inner:
        return found
    key = inner[0].guild, inner[0].channel
    at = next(
        (i for i, place in enumerate(found, 1) if (place.guild, place.channel) == key),
        len(found),
    )
    return [*found[:at], *inner, *found[at:]]


def draw(place: ListedPlace, width: int) -> Content:
    """Draw one line in the list of places."""
    if place.is_drafts:
        return Content.styled(f"Drafts waiting: {place.drafts}", "bold $warning")
    if place.channel is None:
        return Content.styled(place.title, "bold")
    if place.conversation is None:
        return Content.assemble("  ", format.ends(place.title, width - 2))
    return Content.assemble("    ", (place.title, "$quiet"))
