"""Writes a server's channels as files that DiscordChatExporter's readers understand."""

import html
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.core.errors import UsageError
from app.core.files import replacing
from app.importers.records import EARLIEST_MS
from app.store import guilds, messages
from app.store.database import Database
from app.store.rows import StoredAttachment, StoredChannel, StoredGuild, StoredMessage

MOST_NAME_CHARS = 80
_ODD = re.compile(r"[^\w #&'()+,;=@~-]")

Files = Sequence[StoredAttachment]
Page = Iterator[tuple[StoredMessage, Files]]
Pieces = Callable[[StoredGuild, StoredChannel, Page], Iterator[str]]


def export(
    reader: Database, guild: StoredGuild, folder: Path, kind: str, *, overwrite: bool
) -> int:
    """Write each channel to a file; return the number of messages. Blocking.

    Raises:
        UsageError: If the folder is a file, or a file in it already exists.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file.", "Name a folder for the channels.")
    channels = reader.call(guilds.channels, guild.id)
    paths = {one.id: folder / _file_name(guild, one, kind) for one in channels}
    taken = [path for path in paths.values() if path.exists()]
    if taken and not overwrite:
        raise UsageError(
            f"{taken[0]} already exists.", "Add --overwrite to replace it."
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return sum(
        _write(reader, guild, one, paths[one.id], KINDS[kind]) for one in channels
    )


def _file_name(guild: StoredGuild, channel: StoredChannel, kind: str) -> str:
    """Return a name such as `Rook Club - general [123].json`, harmless everywhere.

    Only Discord's ids stand in brackets, from where readers take them.
    """
    names = [
        (_ODD.sub("_", name).strip(" .") or "_")[:MOST_NAME_CHARS]
        for name in (guild.name, channel.name)
    ]
    id = f"[{channel.discord_id}]" if channel.discord_id else f"#{channel.id}"
    return f"{' - '.join(names)} {id}.{kind}"


def _write(
    reader: Database,
    guild: StoredGuild,
    channel: StoredChannel,
    path: Path,
    pieces: Pieces,
) -> int:
    count = 0

    def counted() -> Page:
        nonlocal count
        after: messages.Moment | None = None
        while page := reader.call(messages.page_of_channel, channel.id, after):
            files: defaultdict[int, list[StoredAttachment]] = defaultdict(list)
            rows = [message.id for message in page]
            for file in reader.call(messages.attachments_of, rows):
                files[file.message_id].append(file)
            for message in page:
                count += 1
                yield message, files[message.id]
            after = page[-1].ts, page[-1].id

    with replacing(path, is_secret=True) as target:
        for piece in pieces(guild, channel, counted()):
            target.write(piece.encode())
    return count


def _time(message: StoredMessage) -> str:
    return datetime.fromtimestamp(message.ts / 1000, UTC).isoformat()


def _json(guild: StoredGuild, channel: StoredChannel, page: Page) -> Iterator[str]:
    head = {
        "guild": {"id": guild.known_id or "", "name": guild.name},
        "channel": {
            "id": channel.discord_id or "",
            "type": "GuildTextChat",
            "category": None,
            "name": channel.name,
        },
        "dateRange": {"after": None, "before": None},
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "messages": [\n'
    count = 0
    for count, (message, files) in enumerate(page, 1):
        comma = ",\n" if count > 1 else ""
        yield comma + json.dumps(_message(message, files), ensure_ascii=False)
    yield f'\n], "messageCount": {count}}}\n'


def _message(message: StoredMessage, files: Files) -> dict[str, object]:
    row: dict[str, object] = {
        "id": message.external,
        "type": "Reply" if message.reply_to else "Default",
        "timestamp": _time(message),
        "content": message.text,
        "author": {
            "id": message.author,
            "name": message.name,
            "nickname": message.name,
            "isBot": message.is_bot,
        },
        "attachments": [
            {"id": one.external, "url": one.url, "fileName": one.name} for one in files
        ],
        "mentions": [],
    }
    if message.reply_to:
        row["reference"] = {"messageId": message.reply_to}
    return row


STYLE = (
    "body{font-family:sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
    ".chatlog__content{white-space:pre-wrap;margin:.2em 0 1em}"
    ".chatlog__author{font-weight:bold}.chatlog__timestamp{color:#777;font-size:.8em}"
)


def _html(guild: StoredGuild, channel: StoredChannel, page: Page) -> Iterator[str]:
    guild_name, channel_name = map(html.escape, (guild.name, channel.name))
    ids = [html.escape(one or "") for one in (guild.known_id, channel.discord_id)]
    yield (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{guild_name} - '
        f"{channel_name}</title><style>{STYLE}</style></head>\n<body>"
        f'<h1 class="preamble__entry" data-guild="{guild_name}"'
        f' data-guild-id="{ids[0]}">{guild_name}</h1>'
        f'<h2 class="preamble__entry" data-channel="{channel_name}"'
        f' data-channel-id="{ids[1]}">{channel_name}</h2>\n<div class="chatlog">\n'
    )
    for message, files in page:
        yield _division(message, files)
    yield "</div></body></html>\n"


def _division(message: StoredMessage, files: Files) -> str:
    id, author, name, text = (
        html.escape(part)
        for part in (message.external, message.author, message.name, message.text)
    )
    bot = ' <span class="chatlog__author-tag">BOT</span>' if message.is_bot else ""
    answer = ""
    if message.reply_to:
        to = html.escape(message.reply_to)
        answer = f'<a data-reply-to="{to}" href="#m{to}">in reply</a> '
    # Plain text has no times; its messages are only numbered.
    when = _time(message) if message.ts >= EARLIEST_MS else ""
    links = "".join(
        f'<div class="chatlog__attachment"><a href="{html.escape(one.url)}"'
        f' data-file-id="{html.escape(one.external)}">{html.escape(one.name)}</a></div>'
        for one in files
    )
    return (
        f'<div class="chatlog__message-container" id="m{id}" data-message-id="{id}">'
        f'{answer}<span class="chatlog__author" title="{name}"'
        f' data-user-id="{author}">{name}</span>{bot} <span class="chatlog__timestamp">'
        f"{when}</span>"
        f'<div class="chatlog__content">{text}</div>{links}</div>\n'
    )


KINDS: dict[str, Pieces] = {"json": _json, "html": _html}
"""The forms that a channel can be written in."""
