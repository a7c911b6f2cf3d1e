"""A field for one line of text."""

from textual import events
from textual.widgets import Input


class Field(Input):
    """A line of text that masks what looks like a secret, wherever it is typed.

    It has no focus while it is hidden, so that no key can reach it unseen.
    """

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        is_secret: bool = False,
        id: str | None = None,
    ) -> None:
        """Prepare; `is_secret` masks every text."""
        self._is_secret = is_secret
        super().__init__(value, placeholder=placeholder, select_on_focus=False, id=id)

    def allow_focus(self) -> bool:
        return super().allow_focus() and _is_displayed(self)

    def watch_value(self, value: str) -> None:
        self.password = self._is_secret or (bool(value) and _has_secret(value))

    def on_paste(self, event: events.Paste) -> None:
        """Keep every line of a pasted text, joined by spaces."""
        self.replace(" ".join(event.text.split()), *self.selection)
        event.stop()
        event.prevent_default()


def _has_secret(value: str) -> bool:
    # The patterns take a while to compile, so the first picture comes before them.
    from app.core.secret_patterns import has_secret

    return has_secret(value)


def _is_displayed(field: Input) -> bool:
    return all(getattr(node, "display", True) for node in field.ancestors_with_self)
