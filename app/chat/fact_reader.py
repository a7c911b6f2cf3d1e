"""Reads what the author of a message tells of themselves.

A sentence counts that begins with its fact, but for small words such as "honestly".
Questions, quotations, code, irony, and what somebody else said or might do are none.
"""

import re
from collections.abc import Iterator

from app.chat.fact_rules import read
from app.store.given.member_facts import Fact

MOST_CHARS = 400
"""The longest message that is read; a longer one is a story."""

MOST_VALUE_CHARS = 60

_UNSAID = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]{0,300}`|\|\|.*?(?:\|\||\Z)|(?m:^\s{0,9}>.*$)"
    r"|\"[^\"\n]{0,300}\"|“[^“”\n]{0,300}”|\*[^*\n]{1,300}\*"
    r"|~~.*?~~|<[^<>\s]{1,80}>|https?://\S+",
    re.DOTALL,
)
"""Parts of a message that its author does not say: code, spoilers, quotes, acts, and
what is struck out; bold words count."""

_IRONY = re.compile(
    r"(?:^|\s)/(?:s|j|hj|sarcasm)\b|\bj/?k\b|\bkidding\b|\byeah,? right\b"
    r"|\boh,? sure\b|\bas if\b|\bsarcas|\birony\b|\bnot really\b"
    r"|[\U0001f644\U0001f643]",
    re.I,
)
_LAUGHS = re.compile(r"\b(?:lo+l|lmao|rofl|xd|ha(?:ha)+)\b", re.I)
_ENDS = re.compile(r"[.!?…;\n]+")
_SMALL = re.compile(
    r"(?:honestly|ngl|tbh|btw|fyi|imo|well|so|and|but|also|yeah|yes|yep|no|nope|nah|hi"
    r"|hey|hello|ok|okay|oh|ah|actually|sorry|anyway|personally|currently|though"
    r"|i mean|to be honest|fun fact|(?:by the way)|\((?:he|she|they)/\w+ btw\))"
    r"(?=[\s,:)-])[\s,:-]*",
    re.I,
)
"""Words before a fact that change nothing about it."""


def facts_in(text: str) -> list[Fact]:
    """Return what the author of a message tells of themselves."""
    said = _said(text)
    is_laughing = bool(_LAUGHS.search(said))
    found = []
    for sentence in _sentences(said):
        fact = read(sentence)
        if fact is None or (is_laughing and fact.kind in ("is", "has", "lives")):
            continue
        if fact.value and len(fact.value) <= MOST_VALUE_CHARS:
            found.append(fact)
    return found


def sentences_of(text: str) -> list[str]:
    """Return the sentences that may tell a fact, without small first words."""
    return list(_sentences(_said(text)))


def _said(text: str) -> str:
    """Return what the author says in earnest; nothing of a long or ironic message."""
    if len(text) > MOST_CHARS or _IRONY.search(text):
        return ""
    return _UNSAID.sub(" | ", text.replace("**", "")).replace("’", "'")


def _sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text that may tell a fact, without small first words."""
    at = 0
    for end in [*_ENDS.finditer(text), None]:
        sentence = text[at : end.start() if end else len(text)].strip()
        at = end.end() if end else at
        if not sentence or "|" in sentence or (end and "?" in end[0]):
            continue
        while small := _SMALL.match(sentence):
            sentence = sentence[small.end() :]
        yield sentence
