"""The blind test: choose the better of two replies without knowing their makers."""

from collections.abc import Callable, Sequence
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

BEGIN = "Press <n guild.blind.another> for two replies to a message of this server."
AGAIN = "Press <n guild.blind.another> for two more."
WHICH = (
    "Which one is better? <f guild.blind.choose(1)>: the first, "
    "<s guild.blind.choose(2)>: the second, <e guild.blind.choose(0)>: neither."
)


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
        self._said: Callable[[], Content] = Content
        """Draws what stands between the modes and the results."""

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=True):
            yield Static("", id="blind-arms", markup=False)
            yield Static("", id="blind-pair", markup=False)
            yield Static("", id="blind-results", markup=False)

    def reload(self) -> None:
        if self._shown == self.guild.row:
            self._say(self._said)
            return
        self._shown = self.guild.row
        self._pair = None
        self._show_arms()
        self._say(lambda: self._quiet(self.mynah.app.advice(BEGIN)))
        request = control.BlindResults(self.guild.key)
        self.mynah.request(request, self._show_results)

    def _say(self, said: Callable[[], Content]) -> None:
        """Draw what stands in the middle; it is drawn again with other keys."""
        self._said = said
        self.query_one("#blind-pair", Static).update(said())

    @staticmethod
    def _quiet(text: str) -> Content:
        return Content.styled(f"\n{text}\n", "$quiet")

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
        self._say(lambda: self._quiet(f"Writing two replies, {where}…"))
        request = control.Blind(self.guild.key, *self._arms, may_cost=may_cost)
        self.mynah.fetch(lambda: self.mynah.ask(request), self._show_pair, "blind")

    def _show_pair(self, reply: control.BlindReply) -> None:
        self._pair = reply.pair
        self._say(lambda: _pair(reply, self.mynah.app.advice(WHICH)))

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
        told = f"The first was {first}, the second {second}."

        def both() -> Content:
            more = self.mynah.app.advice(AGAIN)
            return Content.styled(f"\n{told} {more}\n", "$accent")

        self._say(both)
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


def _pair(reply: control.BlindReply, question: str) -> Content:
    parts: list[Content] = [Content("")]
    for speaker, text in reply.turns:
        name = (f"{safe_line(speaker)}: ", "$quiet")
        parts.append(Content.assemble(name, safe_line(text)))
    for number, text in enumerate(reply.texts, 1):
        mark = (f"\n {number}  ", "bold $accent")
        parts.append(Content.assemble(mark, (safe_line(text), "bold")))
    parts.append(Content.styled(f"\n{question}\n", "$quiet"))
    return Content("\n").join(parts)


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
