"""The owner's agreement that messages go to the cloud: one text, one rule."""

from app.core.errors import UsageError

CONSENT = "reply.cloud_consent"

WHAT_LEAVES = (
    "With a cloud model, messages to the bot on this server leave this"
    " computer: the turns of the conversation with display names, recalled moments,"
    " example lines and drafts. The host may keep them."
)


class ConsentError(UsageError):
    """The owner must agree before data of a guild goes to the cloud."""

    def __init__(self) -> None:
        super().__init__(WHAT_LEAVES, "Repeat the command with --yes if you agree.")


def is_needed(name: str, value: object) -> bool:
    """Tell if setting a value lets messages leave the computer."""
    return (name, value) == ("reply.provider", "openai")
