"""The names of DiscordChatExporter's files: `Server - Category - channel [id].csv`."""

import re
from typing import NamedTuple

from app.importers.records import FileGuild

DIRECT = "Direct Messages"
"""The server that DiscordChatExporter names for private messages."""

_FILE_NAME = re.compile(
    r" \[(?P<id>\d+)\]"
    r"(?: \((?:after |before |\d{4}-)[^()]*\))?(?: \[part \d+\])?(?: \(\d+\))?"
    r"(?:\.\w+)+\Z"
)


class NamedPlace(NamedTuple):
    """The place that a file's name tells."""

    guild: FileGuild | None = None
    channel: str | None = None
    channel_id: str | None = None


def place_of(name: str) -> NamedPlace:
    """Return what the name of an export tells, with or without a date range."""
    found = _FILE_NAME.search(name)
    if not found:
        return NamedPlace()
    pieces = re.split(r"[/\\]", name[: found.start()])[-1].split(" - ")
    if len(pieces) == 1:
        return NamedPlace(None, pieces[0] or None, found["id"])
    # Server and category come first; a channel or thread may have " - " in its name.
    channel = " - ".join(pieces[2:]) or pieces[1]
    return NamedPlace(guild_named(pieces[0]), channel or None, found["id"])


def guild_named(name: str | None) -> FileGuild | None:
    """Return the server of that name, as DiscordChatExporter writes it."""
    if not name:
        return None
    return FileGuild(None, name, is_private=name == DIRECT)


SAID_BY_NOBODY = re.compile(
    r"(?:Joined the server|Pinned a message|Started a thread|Left the group"
    r"|Changed the channel icon|Added a recipient|Removed a recipient"
    r"|Added .{1,40} to the group|Removed .{1,40} from the group"
    r"|Started a call that lasted [\d.,]+ minutes|Changed the channel name(?:: .*)?)\.?"
)
"""The texts of joins, pins and the like, where nothing else tells them."""
