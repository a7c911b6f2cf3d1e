"""Finds the topic words of a text without a dictionary."""

import re

_COMMON = frozenset(
    "the and for are but not you all any can had her was one our out day get has him"
    " his how man new now old see two way who boy did its let put say she too use that"
    " with have this will your from they know want been good much some time very when"
    " come here just like long make many more only over such take than them well were"
    " what about would there their which could other into then also really because"
    " dont didnt isnt thats youre these those where while should after before even"
    " anyone someone something nothing everything yeah okay please thanks hello guys"
    " think going being does doing ever never still again back thing things"
    " nicht aber auch eine einen oder wenn dass haben noch schon mehr"
    " pero como para este esta porque todo muy mas cuando donde"
    " mais avec pour dans cette vous nous tout comme".split()
)
_WORD = re.compile(r"[^\W_](?:[\w'’+#-]*\w)?")


def keywords(text: str, limit: int = 3) -> list[str]:
    """Return the likely topic words as written, longest first.

    It skips short words and the most common words of some languages.
    """
    found: dict[str, str] = {}
    for word in _WORD.findall(text):
        plain = word.casefold().replace("'", "").replace("’", "")
        if len(plain) > 2 and not plain.isdigit() and plain not in _COMMON:
            found.setdefault(plain, word)
    ranked = sorted(found, key=len, reverse=True)
    return [found[plain] for plain in ranked[:limit]]


def bag(text: str) -> set[str]:
    """Return the words of a text in one case."""
    return {word.casefold() for word in _WORD.findall(text)}
