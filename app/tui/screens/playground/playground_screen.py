"""Playground: talk to any learned server as anyone, and see a reply's sources."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input

from app.core.errors import ConfigError, UsageError
from app.core.safe_text import safe_line
from app.core.time_units import day_of, start_of
from app.ipc import control
from app.settings.reply_ways import parse
from app.tui.changes import Change
from app.tui.screens.playground.playground_base import TalkingScreen
from app.tui.screens.playground.talk import Exchange, Talk, way_name
from app.tui.widgets.bubbles import ReplyLine
from app.tui.widgets.choice import Choice
from app.tui.widgets.dial import Dial
from app.tui.widgets.dialogs import AskText
from app.tui.widgets.lines_dialog import AskLines


class PlaygroundScreen(TalkingScreen):
    """A conversation that is neither learned nor sent."""

    NAME = "playground"
    CSS_PATH = "playground_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "step('mode')", "Mode", priority=True),
        Binding("ctrl+l", "step('provider')", "Local/openai", priority=True),
        Binding("ctrl+up", "turn(5)", "Voice", key_display="^↑↓", priority=True),
        Binding("ctrl+down", "turn(-5)", "Less voice", show=False, priority=True),
        Binding("ctrl+g", "pick_guild", "Server", priority=True),
        Binding("ctrl+n", "name", "Name", priority=True),
        Binding("ctrl+e", "sources", "Sources", priority=True),
        Binding("ctrl+b", "xray", "X-ray", priority=True),
        Binding("ctrl+y", "go_back", "Talk as before a day", show=False, priority=True),
        Binding("ctrl+r", "again", "Again", priority=True),
        Binding("ctrl+k", "new_talk", "New talk", priority=True),
        Binding("ctrl+j", "write_lines", "Several lines", priority=True),
        Binding("ctrl+s", "beside", "Two ways", priority=True),
        Binding("up", "history(1)", "Earlier text", show=False),
        Binding("down", "history(-1)", "Later text", show=False),
        Binding("plus", "rate(1)", "Like"),
        Binding("d", "rate(-1)", "Dislike"),
        Binding("left_square_bracket", "keep(0)", "Keep left", key_display="["),
        Binding("right_square_bracket", "keep(1)", "Keep right", key_display="]"),
        Binding("pageup", "scroll_talk(-1)", "Scroll", key_display="PgUp/PgDn"),
        Binding("pagedown", "scroll_talk(1)", "Scroll down", show=False),
        Binding("escape", "leave_or_stop", "Stop", show=False),
        Binding("i,enter", "type", "Type", show=False),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what is done with a talk once there is one."""
        if not self.is_mounted:
            return True
        if action == "pick_guild":
            return bool(self.app.guilds)
        talk = self.talk
        if action in ("xray", "new_talk", "scroll_talk"):
            return bool(talk.lines)
        if action in ("again", "sources"):
            return talk.last is not None
        if action in ("rate", "keep"):
            return self._fits_last(action)
        return super().check_action(action, parameters)

    def _fits_last(self, action: str) -> bool:
        """Return whether the last replies can be rated, or chosen between, by a key."""
        last = self.talk.last
        if last is None or isinstance(self.focused, Input):
            return False
        if action == "keep" and len(last.replies) < 2:
            return False
        return all(line.reply is not None for line in last.replies)

    # Keys.

    def action_step(self, id: str) -> None:
        """Choose the next mode, or the other provider."""
        self.query_one(f"#{id}", Choice).action_step(1)

    def action_turn(self, by: int) -> None:
        """Turn the voice dial."""
        self.query_one(Dial).action_turn(by)

    def action_pick_guild(self) -> None:
        """Choose the server to talk to."""
        self.app.pick_guild("Which server should answer?", self._choose_guild)

    def action_name(self) -> None:
        """Choose the name to speak as."""

        def named(name: str | None) -> None:
            if name and name.strip():
                self.author = safe_line(name.strip())[:32]

        question = "Who are you in this conversation?"
        detail = "Choose a name; Mynah answers as if this person wrote to it."
        self.app.push_screen(AskText(question, detail, self.author), named)

    def action_go_back(self) -> None:
        """Let the server talk as it did before a day."""

        def chosen(day: str | None) -> None:
            if day is None:
                return
            try:
                self.before = day_of(start_of(day)) if day.strip() else ""
            except UsageError as error:
                self.notify(str(error), severity="warning", markup=False)

        question = "Talk as the server did before which day?"
        detail = "Write it as in 2021-06-30. Leave it empty for the present."
        self.app.push_screen(AskText(question, detail, self.before), chosen)

    def action_again(self) -> None:
        """Ask again in place of the last text, or of what is typed instead of it."""
        talk, typed = self.talk, self.query_one("#say", Input).value.strip()
        if talk.last:
            text = typed or talk.last.text
            self._stop(talk.last)
            self.query_one("#talk", VerticalScroll).remove_children(talk.take_back())
            self.send(text)

    def _stop(self, exchange: Exchange) -> None:
        """Stop the replies of an exchange that are still being written."""
        for line in exchange.replies:
            if line.stream in self._streams:
                self.request(control.Cancel(line.stream))

    def action_write_lines(self) -> None:
        """Write a text of several lines."""

        def written(text: str | None) -> None:
            if text is not None:
                self.send(text)

        question = "Say several lines"
        typed = self.query_one("#say", Input).value
        self.app.push_screen(AskLines(question, typed), written)

    def action_history(self, step: int) -> None:
        """Put an earlier text of this talk into the field."""
        field = self.query_one("#say", Input)
        text = self.talk.recall(step)
        if field.has_focus and text is not None:
            field.value = " ".join(text.split("\n"))
            field.cursor_position = len(field.value)

    def action_beside(self) -> None:
        """Put the replies of another way beside those of the chosen one."""

        def named(text: str | None, refusal: str = "") -> None:
            if text is None:
                return
            try:
                self.other_way = parse(text) if text.strip() else None
            except ConfigError as error:
                ask(text, str(error))

        def ask(text: str, refusal: str = "") -> None:
            question = "Beside which other way?"
            detail = (
                "markov, llm or hybrid 70, with the same chance for both. Leave it"
                " empty for one reply again."
            )
            self.app.push_screen(
                AskText(question, detail, text, refusal=refusal), named
            )

        ask(way_name(self.other_way) if self.other_way else "")

    def action_keep(self, place: int) -> None:
        """Go on from the left or the right one of two replies."""
        if exchange := self.talk.last:
            exchange.kept = place
            self.talk.answer(exchange)
            for at, line in enumerate(exchange.replies):
                line.mark(is_kept=at == place)

    def action_rate(self, value: int) -> None:
        """Like or dislike the last reply, or the one of two that is kept."""
        if (exchange := self.talk.last) is None:
            return
        line = exchange.replies[exchange.kept]
        if line.reply is None:
            return
        row = line.reply.reply

        def rated(_: control.RateReply) -> None:
            line.rate(value)
            says = "Your opinion of the reply is taken back."
            self.app.note_change(Change(says, take_back))

        def take_back(told: Callable[[], None]) -> None:
            def unrated(_: control.RateReply) -> None:
                line.rate(0)
                told()

            self.request(control.Rate(row, 0), unrated)

        self.request(control.Rate(row, value), rated)

    def action_new_talk(self) -> None:
        """Begin a new talk with this server, which knows nothing of the last one."""
        if self.guild:
            talk = self._talks.pop(self.guild.row, Talk())
            if talk.last:
                self._stop(talk.last)
            self.query_one("#talk", VerticalScroll).remove_children(talk.lines)
            self._show_empty()

    def action_sources(self) -> None:
        """Show or hide the newest reply's source messages, in view."""
        for line in self.talk.last.replies if self.talk.last else ():
            line.toggle_sources()
        self.call_after_refresh(self._scroll)

    def action_xray(self) -> None:
        """Color each word by who decided it, the model or the voice, or no more."""
        self._is_xrayed = not self._is_xrayed
        for line in self.query(ReplyLine):
            line.xray(self._is_xrayed)

    def action_scroll_talk(self, direction: int) -> None:
        """Scroll the talk by a screenful."""
        page = self.query_one("#talk", VerticalScroll)
        step = max(1, page.size.height - 1)
        page.scroll_relative(y=direction * step, animate=False)

    def action_leave_or_stop(self) -> None:
        """Stop the replies in progress, or else leave the field."""
        if not self._streams:
            self.action_leave_field()
        for stream in self._streams:
            self.request(control.Cancel(stream))
