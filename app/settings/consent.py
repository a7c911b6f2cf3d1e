"""The owner's consent that messages go to a host in the cloud, for one purpose."""

from collections.abc import Mapping, Sequence
from typing import Literal

from app.core.errors import AppError, UsageError

Purpose = Literal["replies", "pictures", "summaries", "tuning"]
"""Consent to one does not cover the other."""

AGREE: Mapping[Purpose, str] = {
    "replies": "mynah config set reply.provider openai --guild SERVER",
    "pictures": "mynah config set context.pictures host --guild SERVER",
    "summaries": "mynah config set context.catchup host --guild SERVER",
    "tuning": "mynah tune start --guild SERVER --yes",
}
"""The command that asks for consent; screens and Discord name their own way."""


def how_to_agree(purpose: Purpose, host: str = "openai") -> str:
    """Return the command that asks for consent to a host, by name."""
    if purpose == "replies" and host not in ("openai", ""):
        return f"mynah hosts use {host} --guild SERVER"
    return AGREE[purpose]


_LEAVES: Mapping[Purpose, str] = {
    "replies": (
        "messages to the bot {where} leave this computer: the turns of the"
        " conversation with display names, the words of voice messages to the bot, text"
        " files that come with a call, recalled moments, entries of the lorebook, what"
        " the person who is answered told of themselves, example lines and drafts."
    ),
    "pictures": (
        "pictures that come with messages to the bot {where} leave this computer, made"
        " small, without what the camera noted."
    ),
    "summaries": (
        "up to 300 messages {where} leave this computer, with display names, whenever"
        " somebody asks for `/catchup`: those of the channel that they ask about."
    ),
    "tuning": (
        "what members {where} agreed to share leaves this computer, without names, to"
        " train a model."
    ),
}


REPEAT = "Repeat the command with --yes if you agree."


class ConsentError(UsageError):
    """The owner must agree before this happens; the message says to what."""

    def __init__(self, question: str) -> None:
        super().__init__(question, REPEAT)


def is_question(error: AppError) -> bool:
    """Tell if an error, perhaps from another process, asks for the owner's consent."""
    return error.hint == REPEAT


def what_leaves(host: str, purpose: Purpose, *, is_everywhere: bool = False) -> str:
    """Say what goes to a host in the cloud once the owner agrees.

    Args:
        is_everywhere: The owner agrees for every server, not for one.
    """
    where = (
        "on every server, also on later ones," if is_everywhere else "on this server"
    )
    leaves = _LEAVES[purpose].format(where=where)
    return (
        f"With a model at {host}, in the cloud, {leaves} The host may keep it. A locked"
        " server sends nothing."
    )


def withdrawn(consents: Sequence[tuple[str, str]]) -> list[str]:
    """Name the host and the purpose of each consent that was taken back."""
    return [
        f"{origin.partition('://')[2]} for {purpose}" for purpose, origin in consents
    ]


IS_EVERYWHERE = "You agreed for every server, so this one alone cannot be left out."


def what_own_means(hosts: str) -> str:
    """Say what follows when the owner calls hosts their own."""
    return (
        f"Mynah then treats {hosts} like this computer: it asks for no consent, sends"
        " messages of locked servers there too, and counts no cost."
    )
