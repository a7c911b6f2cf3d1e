"""Declaration of one setting."""

from dataclasses import field
from typing import Any, Literal

from app.settings import validators
from app.settings.validators import ListMeaning, TextMeaning

Scope = Literal["home", "guild", "channel"]
"""The narrowest scope of a setting."""

Value = str | int | float | bool | list[str]

Number = type[int] | type[float]

AUTO = "auto"
"""The word for a number that is found from measurements here."""

Snapshots = Literal["never", "own", "any"]
"""Snapshots that change a setting: none; those taken here; also a stranger's file."""


def setting(
    default: Value,
    doc: str,
    *,
    scope: Scope = "home",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    means: TextMeaning = validators.plain,
    list_means: ListMeaning | None = None,
    empty: str = "none",
    snapshots: Snapshots = "own",
    number: Number | None = None,
) -> Any:
    """Declare one setting; readers get it as a `setting_keys.Key`.

    Args:
        means: The meaning of the text, or of every text of a list.
        list_means: The meaning of the list as a whole.
        empty: The word for an empty list.
        number: The type of numbers that it takes beside its default, the word `auto`.
    """
    metadata = dict(
        doc=doc,
        scope=scope,
        low=low,
        high=high,
        choices=choices,
        means=means,
        list_means=list_means,
        empty=empty,
        snapshots=snapshots,
        number=number,
    )
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)
