"""Filters messages before learning, and disarms mentions."""

import re
from collections.abc import Mapping

from app.core.patterns import Patterns, whole_words
from app.core.secret_patterns import has_secret
from app.settings.learn_sections import LearnSettings

EMPTY = "empty"
BOT = "bot"
COMMAND = "command"
PATTERN = "pattern"
WORD = "word"
LINK = "link"
MENTION = "mention"
SECRET = "secret"
LONG = "too long"
SYSTEM = "system"
OPTED_OUT = "opted out"
FORGOTTEN = "forgotten"
"""The reasons for not learning a message; the last four also prevent storing it."""

_COMMAND = re.compile(
    r"(?:(?:[!/?$%&]{1,2}|[;.-](?=[a-z]{2})|[+=~,](?=(?-i:[a-z]{2}))|;;|[a-z]{1,2}!)[a-z]|[!/]\d?[^\W\d_])"
    r"[\w-]*(?:\s|$)"
    r"|[.-]p(?:\s|$)|[a-z]\.(?:play|help|skip|stop|queue)(?:\s|$)",
    re.IGNORECASE,
)
_LINK = re.compile(r"<?https?://\S", re.IGNORECASE)
_MENTIONS = re.compile(r"(?:(?:<(?:@[!&]?|#)\d+>|@[\w.-]+)[\s,:]*)+")
_MARKUP = re.compile(
    r"<@!?(?P<user>\d+)>|<@&(?P<role>\d+)>|<#(?P<channel>\d+)>"
    r"|</(?P<command>[^:<>@]{1,80}):\d+>"
)
# A run of @ is looked at once, from its first.
_EVERYONE = re.compile(r"(?<!@)@+(everyone|here)\b")
_MARKS = re.compile("[<>@]")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def clean(text: str, names: Mapping[str, str] | None = None) -> str:
    """Return `text` without anything that Discord would turn into a ping.

    A mention becomes the name in `names` (by id), or a fitting word. Characters that a
    database cannot hold are dropped: NUL and lone surrogates.
    """
    if not text.isascii() or "\0" in text:
        text = _UNSTORABLE.sub("", text)
    if "@" in text or "<" in text:
        text = _MARKUP.sub(lambda found: _spelled_out(found, names or {}), text)
        text = _EVERYONE.sub(r"\1", text)
    return text


def _spelled_out(found: re.Match[str], names: Mapping[str, str]) -> str:
    kind = found.lastgroup
    value = found[kind or 0]
    name = _MARKS.sub("", names.get(value, ""))
    if kind == "user":
        return f"@{name}" if name else "someone"
    if kind == "role":
        return name or "folks"
    return f"/{value}" if kind == "command" else f"#{name or 'channel'}"


class Filters:
    """The owner's filters for learning, compiled for use on each message."""

    def __init__(self, learn: LearnSettings, prefix: str) -> None:
        """Compile the settings; `prefix` belongs to the bot's own commands.

        Raises:
            ConfigError: If a pattern cannot be used.
        """
        self._prefix = prefix.lower() or "\0"
        # Few texts start like a command; the others need no second look.
        self._starts = "!/?$%&+=~,;.-" + self._prefix[0] + self._prefix[0].upper()
        self._patterns = Patterns("learn.patterns", learn.patterns)
        words = [whole_words(learn.words)] if learn.words else []
        self._words = Patterns("learn.words", words)
        self._skip_links = learn.skip_links
        self._skip_mentions = learn.skip_mentions
        self._learns_secrets = learn.secrets
        self._is_choosy = learn != LearnSettings()

    def reason(
        self, text: str, *, is_bot: bool = False, is_secret: bool | None = None
    ) -> str | None:
        """Return why this message is not learned, or None when it is.

        Args:
            text: The text before `clean`, so that mentions are still recognizable.
            is_bot: A bot wrote it.
            is_secret: It holds a secret; None means to look.
        """
        if is_bot:
            return BOT
        text = text.strip()
        if not text:
            return EMPTY
        if text[0] in self._starts or "!" in text[1:3] or text[1:2] == ".":
            if _COMMAND.match(text) or text.lower().startswith(self._prefix):
                return COMMAND
        if not self._learns_secrets:
            if has_secret(text) if is_secret is None else is_secret:
                return SECRET
        if not self._is_choosy:
            return None
        if self._words.found_in(text):
            return WORD
        if self._patterns.found_in(text):
            return PATTERN
        if self._skip_links and all(map(_LINK.match, text.split())):
            return LINK
        if self._skip_mentions and _MENTIONS.fullmatch(text):
            return MENTION
        return None
