"""A list of settings, each with its value and origin, and the way to change it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from textual.content import Content

from app.core.errors import AppError, ConfigError
from app.core.labels import ORIGINS, Origin
from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.control import SettingValue
from app.settings import consent, setting_keys
from app.tui.base import MynahScreen
from app.tui.changes import Change
from app.tui.widgets.dialogs import AskText, Confirm, Pick
from app.tui.widgets.feed import Feed

WIDE = 110
"""The width from which a setting's meaning fits beside it."""


@dataclass(frozen=True)
class Item:
    """One setting with its value here."""

    key: setting_keys.Key
    value: SettingValue
    origin: Origin
    idle: str = ""
    """The reason why it has no effect as things are."""


def items(reply: control.ConfigGetReply, scopes: tuple[str, ...]) -> list[Item]:
    """Return the settings of a `ConfigGet` reply that these scopes can change."""
    known = [row for row in reply.settings if setting_keys.is_key(row.key)]
    found = [
        Item(setting_keys.find_key(row.key), row.value, row.origin, row.idle)
        for row in known
    ]
    return [item for item in found if item.key.scope in scopes]


def matching(found: list[Item], words: str) -> list[Item]:
    """Return items whose name or description contains the words."""
    wanted = words.lower()
    return [
        item
        for item in found
        if wanted in item.key.name.lower() or wanted in item.key.doc.lower()
    ]


def shown_value(value: SettingValue, empty: str = "none") -> str:
    """A value as a person writes it; `empty` is the word for an empty list."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or empty
    return safe_line(shown_plain(value)) or "empty"


def feed(id: str, empty: str = "") -> Feed:
    """A list of settings; each stays under the cursor while others change."""
    return Feed(draw, lambda item: item.key.name, id=id, head=head, empty=empty)


def head(width: int) -> str:
    """Return the titles above a list of settings."""
    means = "what it does" if width >= WIDE else ""
    return f"{'setting':<28} {'value':<{_value_width(width)}} {'set by':<16}{means}"


def draw(item: Item, width: int) -> Content:
    """Draw one setting: name, value, and origin."""
    is_own = item.origin != "default"
    name = Content(item.key.name).truncate(28, ellipsis=True, pad=True)
    value = Content(shown_value(item.value, item.key.empty))
    value = value.truncate(_value_width(width), ellipsis=True, pad=True)
    return Content.assemble(
        name,
        " ",
        value.stylize("bold $accent" if is_own else "bold"),
        (f" {ORIGINS[item.origin]:<16}", "$quiet"),
        (_beside(item) if width >= WIDE else "", "$quiet"),
    )


def _beside(item: Item) -> str:
    is_own = item.origin != "default"
    return f"No effect now: {item.idle}." if item.idle and is_own else item.key.doc


def _value_width(width: int) -> int:
    return 24 if width < 150 else 40


CHANGES = "  <enter list.choose> changes it"


def explained(item: Item, how: str = "") -> Content:
    """Explain a setting.

    Args:
        how: Says how to change it.
    """
    idle = f" No effect now: {item.idle}." if item.idle else ""
    return Content.assemble(item.key.doc, (idle, "$warning"), (how, "$accent"))


def change(
    screen: MynahScreen, item: Item, done: Callable[[], None], guild: str | None = None
) -> None:
    """Ask for a new value with the fitting control, and set it."""
    if screen.app.refuses():
        return
    key = item.key

    def put(text: str | None) -> None:
        if text is not None:
            set_value(screen, key.name, text, done, guild)

    if key.type is bool:
        put("off" if item.value else "on")
    elif key.name == "reply.provider":
        _ask_places(screen, item, put, done, guild)
    elif key.choices:
        at = key.choices.index(item.value) if item.value in key.choices else 0

        options = [(choice, choice) for choice in key.choices]
        screen.app.push_screen(Pick(key.doc, options, at), put)
    else:
        shown = typed(item.value)
        ask_text(screen, key.name, (key.doc, _hint(key)), shown, done, guild)


def _ask_places(
    screen: MynahScreen,
    item: Item,
    put: Callable[[str | None], None],
    done: Callable[[], None],
    guild: str | None,
) -> None:
    """Offer this computer and every host, or several of them in an order."""
    status, several = screen.app.status, ""
    places = ["local", *(status.hosts if status else ["openai"])]
    at = places.index(str(item.value)) if item.value in places else len(places) - 1

    def picked(place: str | None) -> None:
        if place == several:
            words = (item.key.doc, _hint(item.key))
            ask_text(screen, item.key.name, words, str(item.value), done, guild)
        else:
            put(place)

    options = [(place, place) for place in places]
    if len(places) > 2:
        options.append(("several, in order", several))
    screen.app.push_screen(Pick(item.key.doc, options, at), picked)


def ask_text(
    screen: MynahScreen,
    name: str,
    words: tuple[str, str],
    shown: str,
    done: Callable[[], None],
    guild: str | None = None,
    refusal: str = "",
) -> None:
    """Ask for a text and set it; one that is refused stays there to be changed.

    Args:
        words: The question and what is said beneath it.
    """

    def put(text: str | None) -> None:
        def refused(error: AppError) -> None:
            ask_text(screen, name, words, text or "", done, guild, str(error))

        if text is not None:
            set_value(screen, name, text, done, guild, refused)

    screen.app.push_screen(AskText(*words, shown, refusal=refusal), put)


def shown_plain(value: SettingValue) -> str:
    """Return a value as it appears in a text field; every digit of a number is kept."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def reset(
    screen: MynahScreen, item: Item, done: Callable[[], None], guild: str | None = None
) -> None:
    """Drop this place's own value."""
    put_value(screen, item.key.name, None, done, guild)


def set_value(
    screen: MynahScreen,
    name: str,
    text: str,
    done: Callable[[], None],
    guild: str | None = None,
    refused: Callable[[AppError], None] | None = None,
) -> None:
    """Set a typed value, and ask for the consent that it needs.

    Args:
        refused: Takes the reason if the value cannot be used; by default it is shown.
    """
    refuse = refused or screen.app.warn
    try:
        setting_keys.from_text(name, text)
    except ConfigError as error:
        refuse(error)
        return
    put_value(screen, name, text, done, guild, refuse)


def put_value(
    screen: MynahScreen,
    name: str,
    text: str | None,
    done: Callable[[], None],
    guild: str | None = None,
    refuse: Callable[[AppError], None] | None = None,
    *,
    is_back: bool = False,
) -> None:
    """Set a checked value, or drop it with None, and keep the way back.

    Args:
        is_back: True on the way back itself, which is no new change.
    """
    refuse = refuse or screen.app.warn

    async def put(request: control.ConfigSet) -> Callable[[], None]:
        was = None if is_back else await _way_back(screen, name, done, guild)
        try:
            await screen.app.link.call(request)
        except AppError as error:
            if consent.is_question(error) and not request.agreed:
                return partial(ask, error.message)
            return partial(refuse, error)
        if was is not None:
            screen.app.note_change(was)
        if name.startswith("screens."):
            await screen.app.load_own_settings()
        return done

    def send(*, agreed: bool = False) -> None:
        request = control.ConfigSet(name, text, guild=guild, agreed=agreed)
        screen.fetch(lambda: put(request), lambda act: act(), "set", exclusive=False)

    def ask(question: str) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                send(agreed=True)

        title = "Let messages leave this computer?"
        dialog = Confirm(title, question, "I agree")
        screen.app.push_screen(dialog, answered)

    send()


async def _way_back(
    screen: MynahScreen, name: str, done: Callable[[], None], guild: str | None
) -> Change | None:
    """Return the way back to the value that a place has now, if it is known."""
    try:
        reply = await screen.app.link.call(control.ConfigGet(name, guild))
    except AppError:
        return None
    shown = next((one for one in reply.settings if one.key == name), None)
    if shown is None:
        return None
    is_own = shown.origin == ("guild" if guild else "file")
    text = typed(shown.value) if is_own else None

    def take_back(told: Callable[[], None]) -> None:
        def finished() -> None:
            done()
            told()

        put_value(screen, name, text, finished, guild, is_back=True)

    known = screen.app.known_guilds.values()
    server = next(
        (safe_line(one.guild) for one in known if guild and one.key == guild), ""
    )
    where = f" on {server}" if server else ""
    return Change(f"{name} is {shown_value(shown.value)} again{where}.", take_back)


def typed(value: SettingValue) -> str:
    """Return a value as the owner would type it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(value)
    return shown_plain(value)


def _hint(key: setting_keys.Key) -> str:
    if key.type is list:
        return f"Several, separated by commas; nothing means {key.empty}."
    kind = {int: "A whole number", float: "A number"}.get(key.type, "Text")
    return f"{kind} {key.bounds}".strip() + f"; the default is {_default(key)}."


def _default(key: setting_keys.Key) -> str:
    return shown_value(key.default, key.empty)
