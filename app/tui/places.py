"""Where one can look in Conversations: the drafts, servers, and their channels."""

from dataclasses import dataclass

from textual.content import Content

from app.tui.linking import Json
from app.tui.shelf import Shelf


@dataclass(frozen=True)
class Place:
    """A line of the list of places: a server, a channel, or the drafts."""

    title: str
    guild: int = 0
    channel: int | None = None
    name: str = ""
    """What requests call the channel by."""
    note: str = ""
    is_drafts: bool = False

    @property
    def key(self) -> tuple[int, int | None, bool]:
        """The same for the same place, whatever happens in it."""
        return self.guild, self.channel, self.is_drafts


async def load(shelf: Shelf, guilds: list[Json]) -> list[Place]:
    """All places, the drafts first if any wait."""
    waiting = await shelf.drafts()
    places = []
    if waiting:
        places.append(Place("Drafts", note=str(len(waiting)), is_drafts=True))
    for guild in guilds:
        row, name = guild["row"], guild["guild"]
        places.append(Place(name, row))
        for channel in await shelf.channels(row):
            title = f"#{channel.name}"
            places.append(Place(title, row, channel.channel, channel.key))
    return places


def draw(place: Place, width: int) -> Content:
    """One line of the list of places."""
    if place.is_drafts:
        return Content.styled(f"Drafts waiting: {place.note}", "bold $warning")
    if place.channel is None:
        return Content.styled(place.title, "bold")
    return Content.assemble("  ", place.title)
