"""A choice between a few values on one line."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class Choice(Widget, can_focus=True):
    """Values on a line; left and right choose, and brackets mark the choice."""

    DEFAULT_CSS = """
    Choice { height: 1; width: auto; }
    Choice:focus { background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Previous", show=False),
        Binding("right,space", "step(1)", "Next", show=False),
    ]

    value: reactive[str] = reactive("", layout=True)

    class Changed(Message):
        """The owner chose another value."""

        def __init__(self, choice: "Choice", value: str) -> None:
            super().__init__()
            self.choice = choice
            self.value = value

        @property
        def control(self) -> "Choice":
            return self.choice

    def __init__(
        self, values: tuple[str, ...], value: str = "", *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.values = values
        self.set_reactive(Choice.value, value or values[0])

    def offer(self, values: tuple[str, ...], value: str) -> None:
        """Show other values, with one chosen; that is no choice of the owner's."""
        if values != self.values:
            self.values = values
            self.refresh(layout=True)
        self.value = value

    def render(self) -> Content:
        return Content(" ").join(self._item(value) for value in self.values)

    def action_step(self, step: int) -> None:
        """Choose the neighbor, wrapping around."""
        at = self.values.index(self.value) if self.value in self.values else 0
        self.choose(self.values[(at + step) % len(self.values)])

    def choose(self, value: str) -> None:
        """Choose as if the owner had pressed a key."""
        if value != self.value:
            self.value = value
            self.post_message(self.Changed(self, value))

    def on_click(self, event: events.Click) -> None:
        x = 0
        for value in self.values:
            end = x + self._item(value).cell_length
            if x <= event.x < end:
                self.choose(value)
            x = end + 1

    def _item(self, value: str) -> Content:
        if value == self.value:
            return Content.styled(f"[{value}]", "bold $accent")
        return Content.styled(f" {value} ", "$quiet")
