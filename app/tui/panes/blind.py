"""The blind test: choose the better of two replies without knowing their makers."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from app.core.safe_text import safe_line
from app.ipc import control
from app.tui import format
from app.tui.panes.base import Pane
from app.tui.panes.cost_question import ask_host, origin
from app.tui.widgets.dialogs import AskText

ARMS = ("hybrid", "llm")
WIDTH = 24


class BlindPane(Pane):
    """A message, two replies, and the win rates so far."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "another", "Two replies"),
        Binding("f", "choose(1)", "First is better"),
        Binding("s", "choose(2)", "Second"),
        Binding("e", "choose(0)", "Equal"),
        Binding("a", "arms", "Compared modes"),
        Binding("c", "ask_host", "Ask the host"),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._arms = ARMS
        self._pair: int | None = None
        self._shown: object = None

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=True):
            yield Static("", id="blind-arms", markup=False)
            yield Static("", id="blind-pair", markup=False)
            yield Static("", id="blind-results", markup=False)

    def reload(self) -> None:
        if self._shown == self.guild.row:
            return
        self._shown = self.guild.row
        self._pair = None
        self._show_arms()
        press = "Press n for two replies to a message of this server."
        hint = f"\n{self.mynah.app.advice(press)}\n"
        self.query_one("#blind-pair", Static).update(Content.styled(hint, "$quiet"))
        request = control.BlindResults(self.guild.key)
        self.mynah.request(request, self._show_results)

    def _show_arms(self) -> None:
        first, second = self._arms
        self.query_one("#blind-arms", Static).update(
            Content.assemble(("Compared: ", "$quiet"), f"{first} and {second}")
        )

    def action_another(self) -> None:
        """Have two new replies made; they cost nothing."""
        self._ask(may_cost=False)

    def action_ask_host(self) -> None:
        """Have two replies made by the host, which may cost money."""
        ask_host(
            self.mynah, "two replies", self.guild, lambda: self._ask(may_cost=True)
        )

    def _ask(self, *, may_cost: bool) -> None:
        self._pair = None
        where = origin(self.mynah, self.guild, not may_cost)
        words = f"\nWriting two replies, {where}…\n"
        self.query_one("#blind-pair", Static).update(Content.styled(words, "$quiet"))
        request = control.Blind(self.guild.key, *self._arms, may_cost=may_cost)
        self.mynah.fetch(lambda: self.mynah.ask(request), self._show_pair, "blind")

    def _show_pair(self, reply: control.BlindReply) -> None:
        self._pair = reply.pair
        self.query_one("#blind-pair", Static).update(_pair(reply))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a choice while there are two replies to choose from."""
        if action == "choose":
            return self._pair is not None
        return super().check_action(action, parameters)

    def action_choose(self, won: int) -> None:
        """Store the choice, and reveal the makers."""
        if self._pair is None:
            return
        request = control.BlindChoose(self._pair, won)
        self._pair = None
        self.mynah.request(request, self._show_told)

    def _show_told(self, reply: control.BlindChooseReply) -> None:
        first, second = map(safe_line, reply.arms)
        told = f"\nThe first was {first}, the second {second}. Press n for two more.\n"
        self.query_one("#blind-pair", Static).update(Content.styled(told, "$accent"))
        self._show_results(reply)

    def _show_results(self, reply: control.BlindResultsReply) -> None:
        self.query_one("#blind-results", Static).update(_results(reply))

    def action_arms(self) -> None:
        """Choose the two modes to compare."""

        def written(text: str | None) -> None:
            arms = tuple(arm.strip() for arm in (text or "").split(",") if arm.strip())
            if len(arms) == 2:
                self._arms = arms
                self._show_arms()

        detail = "Two of markov, llm and hybrid; hybrid may have a dial: llm, hybrid 70"
        question = "Which two modes?"
        self.app.push_screen(AskText(question, detail, ", ".join(self._arms)), written)


def _pair(reply: control.BlindReply) -> Content:
    parts: list[Content] = [Content("")]
    for speaker, text in reply.turns:
        name = (f"{safe_line(speaker)}: ", "$quiet")
        parts.append(Content.assemble(name, safe_line(text)))
    for number, text in enumerate(reply.texts, 1):
        mark = (f"\n {number}  ", "bold $accent")
        parts.append(Content.assemble(mark, (safe_line(text), "bold")))
    question = "\nWhich one is better? f: the first, s: the second, e: neither.\n"
    return Content("\n").join([*parts, Content.styled(question, "$quiet")])


def _results(reply: control.BlindResultsReply) -> Content:
    compared = reply.comparisons
    head = f"Won, of {format.many(compared, 'comparison')}"
    parts = _rates(head, reply.blind) if compared else []
    parts += _rates("\nLiked, of real replies split between two", reply.live)
    return Content("\n").join(parts)


def _rates(title: str, rows: Sequence[control.WinRate]) -> list[Content]:
    """Return a line per arm: its rate as a bar, and the 95 % interval."""
    if not rows:
        return []
    lines = [Content.styled(title, "bold")]
    for row in rows:
        interval = f"{row.low:.0%} to {row.high:.0%}"
        known = f"{row.rate:.0%}  ({interval})" if row.of else "not rated yet"
        lines.append(
            Content.assemble(
                (f"  {safe_line(row.arm):<20} ", "$quiet"),
                (format.bar(row.rate, WIDTH), "$accent"),
                f"  {known}",
            )
        )
    return lines
