"""The parts of a line that can be copied, and the addresses that can be opened."""

import re
from dataclasses import dataclass

from app.core.safe_text import safe_line
from app.tui.screens.conversations.channel_lines import TalkLine

_ADDRESS = re.compile(r"https?://[^\s<>\"'`|]{1,2000}")

MOST_ADDRESSES = 5
SHOWN = 100
"""The characters of a part that the question shows."""


@dataclass(frozen=True)
class LinePart:
    """A text to copy, or an address to open."""

    text: str
    is_opened: bool = False


def parts(line: TalkLine, server: str, channel: str) -> list[tuple[str, LinePart]]:
    """Return the parts of a line, each with its words in a question.

    Args:
        server: Discord's id of the server; anything else if it has none.
        channel: Discord's id of the channel, in the same way.
    """
    found = [("Copy the text", LinePart(line.text))] if line.text else []
    sent = list(line.reply.sent)[-1:] if line.reply else [line.external]
    for message in filter(str.isdigit, sent):
        found.append((f"Copy the ID: {message}", LinePart(message)))
        if server.isdigit() and channel.isdigit():
            link = f"https://discord.com/channels/{server}/{channel}/{message}"
            found.append(("Copy the link to it on Discord", LinePart(link)))
            found.append(("Open it on Discord", LinePart(link, is_opened=True)))
    for address in addresses(line.text):
        shown = safe_line(address)[:SHOWN]
        found.append((f"Copy {shown}", LinePart(address)))
        found.append((f"Open {shown}", LinePart(address, is_opened=True)))
    return found


def addresses(text: str) -> list[str]:
    """Return the web addresses in a text, without the signs that end a sentence."""
    every = (found.rstrip(".,;:!?)]*_~") for found in _ADDRESS.findall(text))
    return list(dict.fromkeys(every))[:MOST_ADDRESSES]
