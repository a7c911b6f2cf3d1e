"""The meaning of settings' texts: each is put into one form, or refused with words.

A function takes the setting's name and a text, or a list of texts that were each taken
by one, and returns what is kept.
"""

import re
from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath

from app.core import proxy
from app.core.errors import ConfigError
from app.core.never_said import NeverSaid
from app.core.patterns import Patterns, whole_words
from app.modelfiles.catalogue import BUILT_IN
from app.settings import base_url, reply_ways, speech_rules, start_times
from app.settings.speech_rules import NOWHERE
from app.store.engines import address as store_url

TextMeaning = Callable[[str, str], str]
ListMeaning = Callable[[str, list[str]], list[str]]

TAKEN_COMMANDS = frozenset(
    "again catchup config direct duet help invite like listen lore me model origin"
    " persona privacy quiet stats stop train whosaid why wrapped".split()
)
"""Names of the bot's other commands."""

MAX_CHARS = 4000
MAX_ITEMS = 200
_UNPRINTABLE = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Also what turns the direction of the text around it."""

_CHANNEL = re.compile(
    r"<#([0-9]{1,20})>"
    r"|https://(?:\w+\.)?discord(?:app)?\.com/channels/[0-9]+/([0-9]{1,20})(?:/[0-9]*)?"
    r"|#?((?!<|@everyone\Z|@here\Z|https?:).+)"
)
_PERSON = re.compile(r"<@!?([0-9]{1,20})>|([0-9]{1,20})")
_ROLE = re.compile(r"<@&([0-9]{1,20})>|((?!<).{1,100})")


def plain(name: str, text: str) -> str:
    """A text that can be shown and stored."""
    text = text.strip()
    if _UNPRINTABLE.search(text):
        raise ConfigError(
            f"{name} contains characters that cannot be shown.",
            "Type it in plain letters.",
        )
    if len(text) > MAX_CHARS:
        raise ConfigError(f"{name} takes at most {MAX_CHARS:,} characters.")
    return text


def items(name: str, texts: list[str]) -> list[str]:
    """A list without its empty entries."""
    found = [kept for text in texts if (kept := plain(name, text))]
    if len(found) > MAX_ITEMS:
        raise ConfigError(f"{name} takes at most {MAX_ITEMS} entries.")
    return found


def one_line(most: int) -> TextMeaning:
    """A line of at most so many characters, or none."""

    def check(name: str, text: str) -> str:
        if len(text.splitlines()) > 1 or len(text) > most:
            raise ConfigError(f"{name} takes one line of at most {most} characters.")
        return text

    return check


def named(most: int) -> TextMeaning:
    """A name: a line of at most so many characters that is not empty."""
    line = one_line(most)

    def check(name: str, text: str) -> str:
        if not text:
            raise ConfigError(f"{name} cannot be empty.")
        return line(name, text)

    return check


def command(name: str, text: str) -> str:
    """The name of a slash command, by Discord's rules and free to be used."""
    if text in TAKEN_COMMANDS:
        raise ConfigError(
            f"{name} cannot be {text}: that is another command of the bot.",
            "Choose another name, such as mark.",
        )
    is_fit = all(sign in "-_'" or sign.isalnum() for sign in text)
    if not (0 < len(text) <= 32 and is_fit and text == text.lower()):
        raise ConfigError(
            f"{name} cannot be {text!r}: Discord takes 1 to 32 small letters, digits,"
            " - and _.",
            "Write a name such as say-it.",
        )
    return text


def word(name: str, text: str) -> str:
    """Text without spaces, or none."""
    if len(text.split()) > 1 or len(text) > 32:
        raise ConfigError(
            f"{name} takes one word of at most 32 characters.", "Write one like !mark."
        )
    return text


def person(name: str, text: str) -> str:
    """A person's id on Discord; a mention becomes its id."""
    found = _PERSON.fullmatch(text)
    if not found or not int(kept := found[1] or found[2]):
        raise ConfigError(
            f"{name} takes Discord ids; {text!r} is not one.",
            "Right-click the person in Discord's developer mode: Copy User ID.",
        )
    return kept


def server(name: str, text: str) -> str:
    """A server's id on Discord."""
    if not re.fullmatch("[0-9]{1,20}", text) or not int(text):
        raise ConfigError(
            f"{name} takes Discord ids; {text!r} is not one.",
            "Right-click the server in Discord's developer mode: Copy Server ID.",
        )
    return text


def role(name: str, text: str) -> str:
    """A role's name or id; a mention becomes its id."""
    found = _ROLE.fullmatch(text)
    if not found:
        raise ConfigError(
            f"{name}: {text!r} is not a role.", "Write names or ids of roles."
        )
    return found[1] or found[2]


def proxy_address(name: str, text: str) -> str:
    """The address of a proxy, or none."""
    return proxy.check(name, text)


def start_time(name: str, text: str) -> str:
    """A time at which talk starts."""
    try:
        start_times.parse(text)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error.message}", error.hint) from error
    return text


def few_starts(name: str, texts: list[str]) -> list[str]:
    """Few enough times to look at each of them often."""
    if len(texts) > 50:
        raise ConfigError(f"{name} takes at most 50 times.")
    return texts


def hours(name: str, text: str) -> str:
    """Hours of silence."""
    try:
        speech_rules.quiet_span(text)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error.message}", error.hint) from error
    return text


def address(name: str, text: str) -> str:
    """The address of an OpenAI-compatible server."""
    base_url.parse(text, setting=name)
    return text


def store_address(name: str, text: str) -> str:
    """The address of the database on PostgreSQL, or none."""
    return str(store_url.parse(text)) if text else ""


def own_host(name: str, text: str) -> str:
    """A host of the owner's, with or without a port."""
    try:
        return base_url.own_host(text)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error.message}", error.hint) from error


def whole_path(name: str, text: str) -> str:
    """The whole path of a file, or none."""
    is_whole = PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute()
    if text and not is_whole:
        raise ConfigError(
            f"{name}: {text} is not the whole path of a file.",
            "Write the full path, from the root of the disk.",
        )
    return text


def channel(name: str, text: str) -> str:
    """A channel's name without #, or its id."""
    found = _CHANNEL.fullmatch(text)
    kept = (next(filter(None, found.groups()), "") if found else "").strip()
    if not kept or len(kept) > 100:
        raise ConfigError(
            f"{name}: {text!r} is not a channel.",
            "Write channel names or ids.",
        )
    return kept


def channels_or_none(name: str, texts: list[str]) -> list[str]:
    """Channels; `none` alone stands for no channel at all."""
    if len(texts) > 1 and NOWHERE in texts:
        raise ConfigError(
            f"{name} takes channels, or {NOWHERE} alone.",
            f"Give the id of a channel that is called {NOWHERE}.",
        )
    return texts


def way(name: str, text: str) -> str:
    """A way to make replies."""
    try:
        reply_ways.parse(text)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error.message}", error.hint) from error
    return text


def two_ways(name: str, texts: list[str]) -> list[str]:
    """Two ways that differ, or none."""
    if texts and not reply_ways.are_two(texts):
        raise ConfigError(
            f"{name} needs two different modes.", "Write llm, hybrid 70, or nothing."
        )
    return texts


def pattern(name: str, text: str) -> str:
    """A regular expression that needs no backtracking."""
    Patterns(name, [text])
    return text


def few_patterns(name: str, texts: list[str]) -> list[str]:
    """Patterns that can be searched for in every message."""
    Patterns(name, texts)
    return texts


def few_words(name: str, texts: list[str]) -> list[str]:
    """Words that can be searched for in every message."""
    Patterns(name, [whole_words(texts)] if texts else [])
    return texts


def never_say(name: str, texts: list[str]) -> list[str]:
    """Words that can be found in whatever the bot is about to say."""
    NeverSaid(texts, name)
    return texts


def mode(name: str, text: str) -> str:
    """A mode that can be chosen by what people like."""
    if text not in ("markov", "llm", "hybrid"):
        raise ConfigError(f"{name} takes some of markov, llm, hybrid.")
    return text


def embedding_model(name: str, text: str) -> str:
    """The built-in model, or one of a hub by its owner and name."""
    owner, _, model = text.partition("/")
    is_named = all(re.fullmatch(r"[\w.-]+", part) for part in (owner, model))
    if text != BUILT_IN and not is_named:
        raise ConfigError(
            f"{name}: {text!r} is not an embedding model.",
            f"Write {BUILT_IN}, or a name such as BAAI/bge-small-en-v1.5.",
        )
    return text


def not_empty(name: str, texts: list[str]) -> list[str]:
    """A list with something in it."""
    if not texts:
        raise ConfigError(f"{name} takes at least one.")
    return texts
