"""The lines of a conversation, and the story of a reply."""

from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from app.ipc.control import SayReply
from app.tui import reply_bars, xray_text

SOURCES_SHOWN = 8


class SpokenLine(Static):
    """A person's words."""

    DEFAULT_CSS = """
    SpokenLine { height: auto; margin: 0 0 1 0; padding: 0 1; }
    """

    def __init__(self, speaker: str, text: str) -> None:
        self.speaker = speaker
        super().__init__(Content.assemble((f"{speaker}\n", "bold"), text), markup=False)


class ReplyLine(SpokenLine):
    """The bot's words while they are written, then with their story."""

    def __init__(self, speaker: str, stream: int) -> None:
        super().__init__(speaker, "…")
        self.stream = stream
        self.reply: SayReply | None = None
        self._text = ""
        self._shows_sources = False
        self._is_xrayed = False
        self._opinion = ""
        self._kept = ""
        """Both in words of people."""

    def add(self, text: str, *, restart: bool = False) -> None:
        """Add words; with `restart`, replace those so far."""
        self._text = text if restart else self._text + text
        self._repaint("writing…")

    def finish(self, reply: SayReply | None) -> None:
        """Complete the reply, or note that there is none."""
        self.reply = reply
        if reply is None:
            self._repaint("no reply" if not self._text else "stopped")
            return
        self._text = reply.text
        remedy = getattr(self.app, "remedy", str)
        lines = [reply_bars.summary(reply), *reply_bars.skipped(reply.rungs, remedy)]
        lines += filter(None, [self._opinion, self._kept])
        self._repaint("\n".join(lines))

    def rate(self, value: int) -> None:
        """Show the owner's opinion: +1, -1, or 0 for none."""
        self._opinion = {1: "liked", -1: "disliked"}.get(value, "")
        self.finish(self.reply)

    def mark(self, *, is_kept: bool) -> None:
        """Show whether the talk goes on from this one of two replies."""
        self._kept = "the talk goes on from this one" if is_kept else ""
        self.finish(self.reply)

    def toggle_sources(self) -> None:
        """Show or hide the source messages."""
        self._shows_sources = not self._shows_sources
        self.finish(self.reply)

    def xray(self, is_wanted: bool) -> None:
        """Color the words by who decided them, or no more."""
        self._is_xrayed = is_wanted
        if self.reply:
            self.finish(self.reply)

    def _repaint(self, below: str) -> None:
        shares = self.reply.shares if self.reply and self._is_xrayed else []
        parts: list[Content | tuple[str, str] | str] = [
            (f"{self.speaker}\n", "bold $accent"),
            xray_text.draw(self._text, shares) if shares else self._text or "…",
            (f"\n{below}", "$quiet"),
        ]
        if self._shows_sources:
            drawn = self.reply.drawn if self.reply else []
            if not drawn:
                parts.append(("\nIt has no source message.", "$quiet"))
            for used in drawn[:SOURCES_SHOWN]:
                parts += ["\n  ", reply_bars.quote(used.author, used.text, used.run)]
        self.update(Content.assemble(*parts))


class Pair(Horizontal):
    """Two replies to the same text, beside each other."""

    DEFAULT_CSS = """
    Pair { height: auto; }
    Pair > ReplyLine { width: 1fr; }
    """
