"""The lines of a channel: messages and replies, by time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from app.core.names import GuildId
from app.core.safe_text import safe_line
from app.tui import discord_markdown, format
from app.tui.database_reader import DatabaseReader

if TYPE_CHECKING:
    from app.store.messages import Moment
    from app.store.rows import StoredMessage, StoredReply

MESSAGES_SHOWN = 300
REPLIES_SHOWN = 100
STEP = 200
"""The number of messages by which the lines go back or forth at their ends."""

NAME_WIDTHS = ((70, 12), (110, 18), (10_000, 24))
"""The cells of a name in lines of less than a width."""

LEAST_WIDTH = 16
MOST_ROWS = 12
"""The most lines of one message in the list; the story beside it has all."""

MOST_CHARS = 4000
"""As many characters as Discord lets anybody write."""


@dataclass(frozen=True)
class TalkLine:
    """One line of a channel."""

    key: tuple[str, int]
    """("message" or "reply", row), or ("day", its time)."""
    at: int
    """Milliseconds since the epoch."""
    name: str
    text: str
    conversation: int | None = None
    reply: "StoredReply | None" = None
    external: str = ""
    """Discord's id of a message."""


async def load(
    shelf: DatabaseReader, guild: GuildId, channel: int, before: "Moment | None" = None
) -> list[TalkLine]:
    """Load the newest lines of a channel, or those before a moment, oldest first."""
    messages = await shelf.messages(guild, channel, limit=MESSAGES_SHOWN, before=before)
    until = messages[-1].ts if messages and before is not None else None
    replies = await shelf.replies(guild, channel, REPLIES_SHOWN, until)
    links = await shelf.conversations([message.id for message in messages])
    return merge(messages, replies, links)


def merge(
    messages: "Sequence[StoredMessage]",
    replies: "Sequence[StoredReply]",
    links: dict[int, int],
) -> list[TalkLine]:
    """Merge messages and replies by time; a reply replaces its own sent messages."""
    sent = {id for reply in replies for id in reply.sent}
    of_sent = {m.external: links.get(m.id) for m in messages if m.external in sent}
    lines = [
        TalkLine(
            ("message", message.id),
            message.ts,
            safe_line(message.name),
            message.text,
            links.get(message.id),
            None,
            message.external,
        )
        for message in messages
        if message.external not in sent
    ]
    oldest = lines[0].at if lines else 0
    lines += [
        TalkLine(
            ("reply", reply.id),
            reply.created,
            "Mynah",
            reply.text or (reply.notes[0] if reply.state == "silent" else ""),
            next((of_sent[id] for id in reply.sent if id in of_sent), None),
            reply,
        )
        for reply in replies
        if reply.created >= oldest and reply.state not in ("claimed", "shown")
    ]
    return sorted(lines, key=lambda line: line.at)


def with_days(lines: Sequence[TalkLine]) -> list[TalkLine]:
    """Put a line with the date, and its year, above the first line of each day."""
    shown: list[TalkLine] = []
    day = ""
    for line in lines:
        if (date := format.date(line.at / 1000)) != day:
            day = date
            shown.append(TalkLine(("day", line.at), line.at, "", date))
        shown.append(line)
    return shown


def draw(line: TalkLine, width: int) -> list[Content]:
    """Draw a message in full, as Discord shows it, in lines of a width.

    A reply names its provider, and a day its date.
    """
    if line.key[0] == "day":
        return [Content.styled(f"── {line.text} ".ljust(width, "─"), "$quiet")]
    name_width = next(size for most, size in NAME_WIDTHS if width < most)
    name = Content(line.name).truncate(name_width, ellipsis=True, pad=True)
    clock = (f"{format.clock(line.at / 1000)}  ", "$quiet")
    text = discord_markdown.styled(line.text[:MOST_CHARS])
    name = name.stylize("bold")
    if (reply := line.reply) is not None:
        state = "" if reply.state in ("sent", "made") else f" {reply.state}"
        mark = f"{format.sign(reply.provider)} {reply.provider}{state}  "
        text = Content.assemble((mark, "$accent"), text)
        name = name.stylize("bold $accent")
    head = Content.assemble(clock, name, " ")
    rows = text.wrap(max(LEAST_WIDTH, width - head.cell_length))
    if len(rows) > MOST_ROWS:
        rows = [*rows[: MOST_ROWS - 1], Content.styled("…", "$quiet")]
    margin = Content(" " * head.cell_length)
    return [(margin if at else head) + row for at, row in enumerate(rows)]
