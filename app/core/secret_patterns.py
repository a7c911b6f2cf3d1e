"""The shapes of secrets in text, for all that must keep them out."""

import re

SECRETS = (
    # A Discord bot's token: its id, a time and a signature.
    re.compile(r"\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"),
    # Keys of OpenAI, and of others that write theirs alike.
    re.compile(r"(?i)\bsk-[\w-]{8,}|\b[pr]k-[\w-]{16,}"),
    re.compile(r"(?i)\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}"),
    re.compile(r"(?i)\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\bAIza[\w-]{35}"),
    re.compile(r"\bxox[a-z]-[\w-]{10,}|\bxapp-[\w-]{10,}"),
    # A JSON web token; its signature may be cut off.
    re.compile(r"(?<![\w-])ey[\w-]{10,}+\.[\w-]{10,}+(?:\.[\w-]*+)?"),
    re.compile(r"(?i)\bbearer\s+[\w.~+/-]{8,}=*"),
    re.compile(r"(?i)(?<=/webhooks/)\d+/[\w-]+"),
    re.compile(r"(?<=/interactions/)\d+/[\w-]+"),
    # A private key from its head to its end, or as far as it goes.
    re.compile(
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
        r"(?:[A-Za-z0-9+/=\s:,.\\]|-(?!----))*+"
        r"(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
    ),
)
"""Each takes time in proportion to the text."""


def redact(text: str, instead: str = "[secret]") -> str:
    """`text` with `instead` in the place of each secret."""
    for pattern in SECRETS:
        text = pattern.sub(instead, text)
    return text


def has_secret(text: str) -> bool:
    """Tell if a text holds something that looks like a secret."""
    return any(pattern.search(text) for pattern in SECRETS)
