"""The owner's agreement that messages go to the cloud: one text, one rule."""

from app.core.errors import UsageError

CONSENT = "reply.cloud_consent"

WHAT_LEAVES = (
    "With a cloud model, what people of this server write to the bot leaves this"
    " computer: the turns of the conversation with display names, recalled moments,"
    " example lines and drafts. The host may keep them."
)


class ConsentError(UsageError):
    """The owner has to agree before anything of a guild goes to the cloud."""

    def __init__(self) -> None:
        super().__init__(WHAT_LEAVES, "Repeat it with --yes if you agree.")


def is_needed(name: str, value: object) -> bool:
    """Whether setting a value lets messages leave the computer."""
    return (name, value) == ("reply.provider", "openai")
