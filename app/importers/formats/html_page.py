"""Parses the pages of DiscordChatExporter into messages, piece by piece."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from app.importers.records import MAX_TEXT_CHARS, MOST_FILES, BrokenFileError, File

MAX_DEPTH = 500
MAX_WAITING = 256 * 1024
"""Characters that may wait for the end of a tag."""

MAX_NAME = 1000
"""The longest name or date, with the blanks around it."""

MOST_ENTRIES = 20
"""The most lines of a heading."""

_VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta",
    "source", "track", "wbr",
}  # fmt: skip

_AROUND = {
    "strong": "**", "b": "**", "em": "*", "i": "*", "u": "__", "s": "~~", "code": "`",
}  # fmt: skip
"""The signs that Discord writes for a tag within a message."""

_GUILD = {"preamble__entry", "info__guild-name", "info__channel-name"}
_OWN = {"data-guild", "data-guild-id", "data-channel", "data-channel-id"}
_AUTHOR = {
    "chatlog__author",
    "chatlog__author-name",
    "chatlog__system-notification-author",
}
_BOT = {"chatlog__author-tag", "chatlog__bot-tag", "chatlog__bot-label"}
_DATE = {"chatlog__timestamp", "chatlog__system-notification-timestamp"}
_UNSAID = {"chatlog__edited-timestamp", "chatlog__reactions", "chatlog__embed"}
_EMOJI_ID = re.compile(r"/emojis/(\d+)\.(gif)?")
_JUMP = re.compile(r"scrollToMessage\([^,]*,\s*'(\d+)'")


@dataclass
class PageMessage:
    """One message of a page."""

    id: str
    text: str = ""
    author: str = ""
    author_id: str = ""
    name: str = ""
    date: str = ""
    reply_to: str = ""
    is_bot: bool = False
    is_system: bool = False
    files: list[File] = field(default_factory=list)


class ExportPage(HTMLParser):
    """Collects messages; a message without a heading has that of the one before."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[str] = []
        """The lines of the heading: server, then channel."""
        self.own: dict[str, str] = {}
        """Names and ids of server and channel, as Mynah's own pages have them."""
        self.title = ""
        self._stack: list[tuple[str, str, str]] = []
        """Tag, role and what to write at its end."""
        self._done: list[PageMessage] = []
        self._message: PageMessage | None = None
        self._author = ("", "", "")
        self._date = ""
        self._is_bot = False
        self._parts: list[str] = []
        self._size = 0

    def feed(self, data: str) -> None:
        super().feed(data)
        if len(self.rawdata) > MAX_WAITING:
            raise BrokenFileError("", "a tag does not end")

    def take(self) -> list[PageMessage]:
        """Return the messages that are whole."""
        done, self._done = self._done, []
        return done

    def end_message(self) -> None:
        """Close the message that is being read."""
        message, self._message = self._message, None
        if message is None:
            return
        message.text = "".join(self._parts)
        message.author, message.author_id, message.name = self._author
        message.date, message.is_bot = self._date, self._is_bot
        self._parts, self._size = [], 0
        self._done.append(message)

    def _role(self) -> str:
        return self._stack[-1][1] if self._stack else ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        classes = set(values.get("class", "").split())
        if "data-message-id" in values:
            self.end_message()
            self._message = PageMessage(values["data-message-id"])
        if tag in _VOID:
            self._put_void(tag, values)
            return
        if len(self._stack) > MAX_DEPTH:
            raise BrokenFileError("", f"it nests deeper than {MAX_DEPTH}")
        role = self._role_of(tag, values, classes)
        end = ""
        if self._role() == role == "text":
            end = self._mark(tag, classes)
            self._write(end)
            end = end or ("\n" if tag in ("div", "p", "blockquote") else "")
        self._stack.append((tag, role, end))

    def _role_of(self, tag: str, values: dict[str, str], classes: set[str]) -> str:
        """Return what the inside of a tag is, and note what its attributes tell."""
        above = self._role()
        if classes & _UNSAID or tag in ("style", "script", "svg"):
            return "unsaid"
        if above in ("text", "unsaid"):
            return above
        if classes & _AUTHOR:
            name = values.get("title", "")
            self._author = (name, values.get("data-user-id", ""), "")
            self._is_bot = False
            self._note_system(classes)
            return "author"
        if classes & _BOT:
            self._is_bot = True
            return "unsaid"
        if classes & _DATE:
            self._date = ""
            self._note_system(classes)
            return "date"
        if "chatlog__short-timestamp" in classes and values.get("title"):
            self._date = values["title"]
            return "unsaid"
        if "chatlog__content" in classes:
            return "text"
        if classes & _GUILD:
            if len(self.entries) < MOST_ENTRIES:
                self.entries.append("")
            self.own |= {key: one for key, one in values.items() if key in _OWN}
            return "entry"
        if tag == "title":
            return "title"
        self._note_links(tag, values, classes)
        if "chatlog__attachment" in classes:
            return "file"
        return above if above in ("date", "file", "entry") else ""

    def _note_system(self, classes: set[str]) -> None:
        is_system = any(one.startswith("chatlog__system") for one in classes)
        if self._message and is_system:
            self._message.is_system = True

    def _note_links(self, tag: str, values: dict[str, str], classes: set[str]) -> None:
        if self._message is None:
            return
        jump = _JUMP.search(values.get("onclick", ""))
        if jump:
            self._message.reply_to = jump[1]
        elif "data-reply-to" in values:
            # Our own pages have it there.
            self._message.reply_to = values["data-reply-to"]
        is_file = tag == "a" and self._role() == "file"
        is_one_more = is_file and len(self._message.files) < MOST_FILES
        if is_one_more and "://" in values.get("href", ""):
            self._message.files.append(_file(values))

    def _mark(self, tag: str, classes: set[str]) -> str:
        """Return what Discord writes before and after the inside of a tag."""
        if any("spoiler" in one for one in classes):
            return "||"
        if tag == "pre" or any("pre--multiline" in one for one in classes):
            return "```"
        return _AROUND.get(tag, "")

    def _put_void(self, tag: str, values: dict[str, str]) -> None:
        if self._role() != "text":
            return
        if tag == "br":
            self._write("\n")
        elif tag == "img":
            found = _EMOJI_ID.search(values.get("src", ""))
            name = values.get("alt", "")
            if found and name.strip(":").isidentifier():
                animated = "a" if found[2] else ""
                self._write(f"<{animated}:{name.strip(':')}:{found[1]}>")
            else:
                self._write(name)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self._stack) - 1, -1, -1):
            if self._stack[depth][0] == tag:
                for _, role, end in reversed(self._stack[depth:]):
                    if role == "text":
                        self._write(end)
                del self._stack[depth:]
                return

    def handle_data(self, data: str) -> None:
        role = self._role()
        if role == "text":
            self._write(data)
        elif role == "author":
            tag, id, name = self._author
            self._author = (tag, id, (name + data[:MAX_NAME]).strip()[:MAX_NAME])
        elif role == "date":
            self._date = (self._date + data[:MAX_NAME]).strip()[:MAX_NAME]
        elif role == "file":
            self._name_file(data)
        elif role == "title":
            self.title = (self.title + data[:MAX_NAME])[:MAX_NAME]
        elif role == "entry":
            self.entries[-1] = (self.entries[-1] + data[:MAX_NAME]).strip()[:MAX_NAME]

    def _write(self, text: str) -> None:
        # A little more than the limit, so that the text is left out as too long.
        if text and self._message and self._size <= MAX_TEXT_CHARS:
            self._parts.append(text)
            self._size += len(text)

    def _name_file(self, name: str) -> None:
        """Take the name of a file of Mynah's own pages; others write its size too."""
        if self._stack[-1][0] == "a" and self._message and self._message.files:
            file = self._message.files[-1]
            if file.id != file.url:
                whole = (file.name + name[:MAX_NAME])[:MAX_NAME]
                self._message.files[-1] = file._replace(name=whole)


def _file(values: dict[str, str]) -> File:
    id, url = values.get("data-file-id"), values["href"]
    return File(id, "", url) if id and id != url else File.at(url)
