"""The names of model hosts, and the places where a reply's model may be."""

import re
from typing import TYPE_CHECKING

from app.core.errors import ConfigError
from app.core.labels import is_host

if TYPE_CHECKING:
    from app.settings.schema import Config

OPENAI = "openai"
LOCAL = "local"

TAKEN = frozenset(
    "local openai markov server bot auto llm hybrid here none cloud own default".split()
)
"""Words that mean something else where a host could be named."""

MOST_PLACES = 6

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def host_name(text: str) -> str:
    """Return the name of a further host.

    Raises:
        ConfigError: If it cannot be one.
    """
    name = text.strip().lower()
    if name in TAKEN or not _NAME.fullmatch(name):
        raise ConfigError(
            f"A host cannot be called {text.strip()!r}.",
            "Use lower-case letters, digits and -, such as big-pc.",
        )
    return name


def places(name: str, text: str) -> str:
    """The places of the model in the order in which to try them: `local, pc`."""
    found = [word.strip().lower() for word in text.split(",") if word.strip()]
    for word in found:
        if word not in (LOCAL, OPENAI):
            try:
                host_name(word)
            except ConfigError as error:
                raise ConfigError(
                    f"{name} takes local, openai or names of hosts, not {word!r}.",
                    "`mynah hosts list` shows the names.",
                ) from error
    if not found or len(found) > MOST_PLACES or len(set(found)) < len(found):
        raise ConfigError(
            f"{name} takes up to {MOST_PLACES} places, each once.",
            "Write local, or names of hosts such as pc, openrouter.",
        )
    return ", ".join(found)


def section_of(name: str) -> str:
    """Return the part of the settings that is about a host."""
    return OPENAI if name == OPENAI else f"hosts.{name}"


def key_name(name: str, *, is_openai: bool) -> str:
    """Return the name of a host's key, as `mynah config set` takes it.

    OpenAI's key goes to OpenAI alone, whatever the host there is called.
    """
    if is_openai:
        return "openai_key"
    return "server_key" if name == OPENAI else f"{name}_key"


def to_enter_key(name: str, *, is_openai: bool) -> str:
    """Return the command that enters the key of a host."""
    return f"`mynah config set {key_name(name, is_openai=is_openai)}`"


def to_choose_model(name: str) -> str:
    """Return the command that chooses the model of a host."""
    return f"`mynah config set {section_of(name)}.model`"


def names_in(config: "Config") -> list[str]:
    """Return the names of the hosts that replies come from, in order."""
    return [name for name in config.reply.provider.split(", ") if is_host(name)]
