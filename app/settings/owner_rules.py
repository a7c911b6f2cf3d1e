"""The things that only the owner may change: what costs, leaks, or concerns others."""

from app.core import secrets
from app.core.errors import UsageError

OWNERS_ONLY = "Only the owner of this bot may change that."

NEVER_ON_DISCORD = (
    "Never write a key or token on Discord. Enter it on the bot's computer, on the"
    " Models screen or with `mynah config set {name}`."
)

_SETTINGS = (
    "openai.",
    "hosts.",
    "reply.provider",
    "reply.local_only",
    "reply.tune_",
    "model.",
    "learn.tuning_channels",
    "context.tokens",
    "context.catchup",
    "context.pictures",
)
"""The settings for the words' destination, costs, the bot's own choices, and files of
the owner's computer."""

PATHS = ("model.adapter", "model.projector", "model.ears", "model.mouth")
"""Settings of paths on the owner's computer, which a server must not read."""


def check_change(name: str, *, is_owner: bool, everywhere: bool = False) -> None:
    """Refuse a change that somebody on Discord may not make.

    Args:
        everywhere: It would hold for every server.

    Raises:
        UsageError: With a sentence for the person.
    """
    if secrets.is_secret(name):
        raise UsageError(NEVER_ON_DISCORD.format(name=name))
    if everywhere or name.startswith(_SETTINGS):
        check_owner(is_owner)


def check_owner(is_owner: bool) -> None:
    """Refuse everybody but the owner.

    Raises:
        UsageError: With a sentence for the person.
    """
    if not is_owner:
        raise UsageError(OWNERS_ONLY)
