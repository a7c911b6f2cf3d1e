"""Small questions in front of a screen."""

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static

from app.tui.widgets.field import Field

T = TypeVar("T")

LINKS = ("https://discord.com/",)
"""The beginnings of links that a key opens; chat text never names another place."""


class Confirm(ModalScreen[bool]):
    """A confirmation before data goes; the safe answer has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False),
        Binding("n,escape", "answer(False)", "No", show=False),
    ]

    def __init__(self, question: str, detail: str = "", yes: str = "Yes") -> None:
        super().__init__()
        self._question = question
        self._detail = detail
        self._yes = yes

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="title", markup=False)
            yield Static(self._detail, classes="quiet", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("No (n)", id="no", variant="primary")
                yield Button(f"{self._yes} (y)", id="yes")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)


class AskText(ModalScreen[str | None]):
    """A question for one line of text; None when the owner cancels."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", show=False),
    ]

    def __init__(
        self,
        question: str,
        detail: str = "",
        value: str = "",
        *,
        is_secret: bool = False,
        refusal: str = "",
    ) -> None:
        """Prepare; `refusal` says why the value was not accepted before."""
        super().__init__()
        self._question = question
        self._detail = detail
        self._value = value
        self._is_secret = is_secret
        self._refusal = refusal

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="title", markup=False)
            yield Static(self._detail, classes="quiet", markup=False)
            if self._refusal:
                yield Static(Content.styled(self._refusal, "$error"), id="refusal")
            yield Static("", classes="gap")
            yield Field(self._value, is_secret=self._is_secret)
            yield Static("enter to accept, esc to cancel", classes="quiet")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


def ask_name(
    app: App[int],
    question: str,
    detail: str,
    name: str,
    act: Callable[[], None],
    done: str,
    refusal: str = "",
) -> None:
    """Do what cannot be taken back once the owner has typed the name of it.

    Args:
        done: The word for what is done, such as `forgotten`.
    """

    def typed(text: str | None) -> None:
        if text is None:
            return
        if text.strip() == name.strip():
            act()
        else:
            refusal = f"That is not “{name}”; nothing was {done}."
            ask_name(app, question, detail, name, act, done, refusal)

    app.push_screen(AskText(question, detail, refusal=refusal), typed)


class Pick(ModalScreen[T | None]):
    """A choice from a list of (name, value); returns the value."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", show=False),
    ]

    def __init__(
        self,
        question: str,
        options: Sequence[tuple[str | Content, T]],
        at: int = 0,
        detail: str = "",
        head: str = "",
    ) -> None:
        """Prepare; `head` has the titles of wide lines."""
        super().__init__()
        self._question = question
        self._detail = detail
        self._options = options
        self._at = at
        self._head = head

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide" if self._head else "dialog"):
            yield Static(self._question, classes="title", markup=False)
            if self._detail:
                yield Static(self._detail, classes="quiet", markup=False)
            if self._head:
                yield Static("", classes="gap")
                yield Static(self._head, classes="head", markup=False)
            yield OptionList(*(name for name, _ in self._options), markup=False)

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        if self._options:
            options.highlighted = self._at

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._options[event.option_index][1])


class Wait(ModalScreen[T | None]):
    """Tells what is waited for; returns what comes, or None when the owner leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Leave", show=False),
    ]

    def __init__(self, told: str) -> None:
        super().__init__()
        self._told = told
        self._came: T | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._told, classes="title wrapped", markup=False)
            yield Static("", classes="gap")
            yield Static("esc to leave", classes="quiet")

    def come(self, result: T) -> None:
        """Close with the result, or once what lies above is closed."""
        self._came = result
        self.on_screen_resume()

    def on_screen_resume(self) -> None:
        """Close with what came, unless something else is in front."""
        if self._came is not None and self.app.screen is self:
            self.dismiss(self._came)


class Detail(ModalScreen[None]):
    """One long text in full."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss", "Close", show=False),
        Binding("c,ctrl+c", "copy", "Copy", show=False),
        Binding("o", "open", "Open the link", show=False),
    ]

    def __init__(self, title: str, text: str | Content) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog"):
            if self._title:
                yield Static(self._title, classes="title", markup=False)
                yield Static("", classes="gap")
            yield Static(self._text, markup=False)
            yield Static("", classes="gap")
            keys = "c to copy" + (", o to open the link" if self._link else "")
            yield Static(f"esc to close, {keys}", classes="quiet")

    @property
    def _plain(self) -> str:
        return self._text if isinstance(self._text, str) else self._text.plain

    @property
    def _link(self) -> str:
        """The address that the text is, if it is one of ours."""
        text = self._plain.strip()
        return text if text.startswith(LINKS) and not text.split()[1:] else ""

    def action_copy(self) -> None:
        """Copy the selected text, or else all of it."""
        self.app.copy_to_clipboard(self.get_selected_text() or self._plain)
        self.app.notify("Copied.", timeout=2)

    def action_open(self) -> None:
        """Open the link in the browser of this computer."""
        if self._link:
            self.app.open_url(self._link)
