"""Keys: the owner's own and those of vi, and which of them change anything."""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import format_key

_KEY = re.compile(r"((ctrl|shift|alt)\+)*([a-z0-9_]+|\S)", re.IGNORECASE)
_OF_GUIDES = re.compile(r"`([^`\s]+)`\s+on\s+([A-Z][a-z]+) \(`\d`\)")
"""A key in a guide: `f` on Models (`6`)."""
_NAMED = re.compile(r"<([^<>\s]+) ([^<>\s]+)>")

VI = {
    "list.move(1)": "down,j",
    "list.move(-1)": "up,k",
    "list.move(-1000000)": "home,g",
    "list.move(1000000)": "end,G",
    # Lists have these keys first, so their screens' actions move.
    "conversations.jump": "J",
    "conversations.lines": "right,l",
    "home.graphs": "t",
    "models.key": "K",
    "settings.secret('openai_key')": "A",
}
"""The keys of vi by action; `/` filters without it as well."""


def named(place: str, bindings: Sequence[BindingType]) -> list[BindingType]:
    """Give each key the name of its place and action, by which a key map calls it."""
    return [
        dataclasses.replace(one, id=f"{place}.{one.action}")
        if isinstance(one, Binding) and not one.id
        else one
        for one in bindings
    ]


def key_map(wishes: Iterable[str], *, is_vi: bool) -> tuple[dict[str, str], list[str]]:
    """Return the keys by action, and a sentence for each wish that cannot be.

    Args:
        wishes: Each as ACTION=KEY.
    """
    chosen = dict(VI) if is_vi else {}
    refused = []
    places = _places()
    # The numbers of the screens stand above them, and stay.
    every = {name for place in places for name in place}
    known = {name for name in every if not name.startswith("app.go(")}
    for wish in wishes:
        name, _, key = (part.strip() for part in wish.rpartition("="))
        key = _named_key(key)
        if name not in known:
            refused.append(f"screens.keys: there is no action {name}.")
        elif not key:
            refused.append(f"screens.keys: {name} needs a key after the sign =.")
        elif not _KEY.fullmatch(key):
            refused.append(f"screens.keys: {key} is not a key.")
        elif other := _owner(places, chosen, name, key):
            refused.append(f"screens.keys: {key} is taken by {other}, beside {name}.")
        else:
            chosen[name] = key
    return chosen, refused


def shown(binding: Binding, chosen: Mapping[str, str]) -> str:
    """Return the keys of a binding, as the owner has them."""
    return chosen.get(binding.id or "", binding.key)


def displayed(keys: str) -> str:
    """Return keys as people read them."""
    shown = (key.removeprefix("ctrl+") for key in keys.split(","))
    carets = ("^" if key.startswith("ctrl+") else "" for key in keys.split(","))
    return " ".join(
        f"{c}{format_key(key)}" for c, key in zip(carets, shown, strict=True)
    )


def with_keys(text: str, chosen: Mapping[str, str]) -> str:
    """Return a text of our own with each key as the owner has it.

    The text names a key with its action, such as `<f models.pull>`.
    """

    def key(found: re.Match[str]) -> str:
        usual, action = found.groups()
        return displayed(chosen[action]) if action in chosen else usual

    return _NAMED.sub(key, text)


def guide_with_keys(text: str, chosen: Mapping[str, str]) -> str:
    """Return a guide with each key as the owner has it."""
    if not chosen:
        return text
    usual = {name: key for place in _places() for name, key in place.items()}

    def key(found: re.Match[str]) -> str:
        said, screen = found.groups()
        place = "guild" if screen == "Server" else screen.lower()
        for action in chosen:
            is_here = action.startswith((f"{place}.", "screen."))
            if is_here and said in displayed(usual[action]).split():
                own = displayed(chosen[action])
                return found[0].replace(f"`{said}`", f"`{own}`")
        return found[0]

    return _OF_GUIDES.sub(key, text)


def _named_key(key: str) -> str:
    """Return Textual's name of a key that a person wrote as a sign."""
    from textual.keys import _character_to_key

    return _character_to_key(key) if len(key) == 1 else key.lower()


def _owner(
    places: list[dict[str, str]], chosen: Mapping[str, str], name: str, key: str
) -> str:
    """Return another action that has this key where this action is; empty if none."""
    for place in places:
        if name in place:
            for other, usual in place.items():
                if other != name and key in chosen.get(other, usual).split(","):
                    return other
    return ""


def _places() -> list[dict[str, str]]:
    """Return the keys by action of every place: a screen with all that is in it."""
    # This loads every screen, so only a wish for other keys does it.
    from app.tui.app import MynahApp
    from app.tui.base import MynahScreen
    from app.tui.panes import PANES
    from app.tui.screens import SCREENS
    from app.tui.widgets.feed import Feed

    everywhere = _keys([MynahApp, MynahScreen, Feed])
    places = []
    for entry in SCREENS:
        screen = type(entry.load())
        parts = [[screen, pane] for pane in PANES.values()]
        for part in parts if entry.name == "guild" else [[screen]]:
            places.append(everywhere | _keys(part))
    return places


def _keys(owners: Iterable[type[DOMNode]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, key in _each(owners):
        found[name] = f"{found[name]},{key}" if name in found else key
    return found


def _each(owners: Iterable[type[DOMNode]]) -> Iterator[tuple[str, str]]:
    for owner in owners:
        for one in owner.BINDINGS:
            if isinstance(one, Binding):
                yield one.id or f"app.{one.action}", one.key


READING = frozenset(
    "enlarge hide_panel open graphs filter leave_field pick section view jump xray"
    " conversation copy_part"
    " places lines results level newest save compare scroll_talk pick_guild type"
    " sources leave_or_stop tour read_again".split()
)
"""The actions of screens and sections that change nothing, for those who watch."""


def only_reads(action: object) -> bool:
    """Return whether an action of a screen or section changes nothing."""
    return str(action).partition("(")[0] in READING


def would_change(action: object, owner: DOMNode | None) -> bool:
    """Return whether an action is a key of a screen or section, and changes things."""
    from app.tui.screens import SCREENS

    if owner is None or only_reads(action):
        return False
    # The keys of the program, of lists, fields and dialogs only lead somewhere.
    places = tuple(f"{entry.name}." for entry in SCREENS)
    return any(
        isinstance(key, Binding)
        and key.action == action
        and (key.id or "").startswith(places)
        for key in type(owner).BINDINGS
    )
