"""The voice dial, from the model's own words to the server's."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

STEP = 5


class Dial(Widget, can_focus=True):
    """A dial from 0 (model alone) to 100 (chain alone), for arrows and clicks."""

    DEFAULT_CSS = """
    Dial { height: 1; width: 1fr; min-width: 20; max-width: 48; }
    Dial:focus { background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", f"turn(-{STEP})", "Less voice", show=False),
        Binding("right", f"turn({STEP})", "More voice", show=False),
        Binding("home", "turn(-100)", "Model alone", show=False),
        Binding("end", "turn(100)", "Chain alone", show=False),
    ]

    value: reactive[int] = reactive(50)

    class Changed(Message):
        """The owner turned the dial."""

        def __init__(self, dial: "Dial", value: int) -> None:
            super().__init__()
            self.dial = dial
            self.value = value

        @property
        def control(self) -> "Dial":
            return self.dial

    def __init__(self, value: int = 50, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(Dial.value, value)

    def render(self) -> Content:
        track = self._track
        at = round(self.value / 100 * (track - 1))
        return Content.assemble(
            ("━" * at, "$accent"),
            ("●", "bold $accent"),
            ("─" * (track - 1 - at), "$quiet"),
            f" {self.value:3d} %",
        )

    @property
    def _track(self) -> int:
        return max(8, self.size.width - 6)

    def action_turn(self, by: int) -> None:
        """Turn by that many percent."""
        self.turn_to(self.value + by)

    def turn_to(self, value: int) -> None:
        """Turn as if the owner had pressed a key."""
        value = max(0, min(100, value))
        if value != self.value:
            self.value = value
            self.post_message(self.Changed(self, value))

    def on_click(self, event: events.Click) -> None:
        share = event.x / max(1, self._track - 1)
        self.turn_to(STEP * round(100 * share / STEP))
