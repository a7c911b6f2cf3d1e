"""Signs that a help desk rather than a member wrote a line."""

import re
from collections.abc import Sequence

_SIGNS = re.compile(
    r"\b(?:as an? (?:ai|assistant|(?:large )?language model)|i(?:'|’)?m (?:an? )?ai)\b"
    r"|^(?:certainly|absolutely|of course|sure thing|great question)\b[!,.]"
    r"|\bi (?:understand|appreciate) (?:your|that you|how you)\b"
    r"|\bi (?:apologi[sz]e|am sorry) for\b"
    r"|\bit(?:'|’)?s (?:important|essential|worth noting|crucial) (?:to|that)\b"
    r"|\bit is (?:important|essential|worth noting|crucial) (?:to|that)\b"
    r"|\b(?:happy|glad|here) to (?:help|assist)\b"
    r"|\bhow (?:can|may) i (?:help|assist)\b"
    r"|\b(?:let me know|feel free to|don(?:'|’)t hesitate)\b.{0,30}\b(?:if|ask|reach)\b"
    r"|\bis there anything else\b"
    r"|\b(?:in conclusion|in summary|additionally|furthermore|moreover),"
    r"|\bhere (?:are|is) (?:some|a few|the) (?:\w+ ){0,2}(?:tips|steps|ways|options)\b"
    r"|^[^\S\n]*+(?:[-*•]|\d+\.)\s.+\n\s*+(?:[-*•]|\d+\.)\s",
    re.IGNORECASE | re.MULTILINE,
)


def sounds_like_assistant(text: str) -> bool:
    """Return whether the line has a phrase that assistants use and people rarely do."""
    return _SIGNS.search(text) is not None


def share(texts: Sequence[str]) -> float:
    """Return the share of such lines; 0 for no lines."""
    return sum(map(sounds_like_assistant, texts)) / max(len(texts), 1)
