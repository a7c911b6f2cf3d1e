"""The guides that the program carries under `assets/guides`."""

from dataclasses import dataclass

from app.core.errors import UsageError
from app.core.paths import asset

TOPICS = (
    "models",
    "openai",
    "privacy",
    "imports",
    "slash-commands",
    "command-line",
    "settings",
    "files",
    "postgresql",
    "always-on",
    "metrics",
    "many-servers",
    "quality",
    "characters",
    "fine-tuning",
    "trouble",
    "performance",
)
"""Names of the guides, in the order in which they are listed."""


@dataclass(frozen=True)
class Guide:
    """One page for the owner, in the Markdown that `plain_markdown` reads."""

    topic: str
    title: str
    text: str


def find_guide(topic: str) -> Guide:
    """The guide to a topic.

    Raises:
        UsageError: If there is none; names the topics.
    """
    if topic not in TOPICS:
        raise UsageError(f"There is no guide {topic}.", f"Topics: {', '.join(TOPICS)}.")
    text = (asset("guides") / f"{topic}.md").read_text(encoding="utf-8")
    title = text.partition("\n")[0].removeprefix("# ")
    return Guide(topic, title, text)


def all_guides() -> list[Guide]:
    """Every guide, in the order of `TOPICS`."""
    return [find_guide(topic) for topic in TOPICS]
