"""The language of a text, by py3langid (Lui and Baldwin 2012, langid.py)."""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from threading import Lock
from typing import Protocol, cast

LANGUAGES = {
    "arabic": "ar",
    "bulgarian": "bg",
    "chinese": "zh",
    "croatian": "hr",
    "czech": "cs",
    "danish": "da",
    "dutch": "nl",
    "english": "en",
    "finnish": "fi",
    "french": "fr",
    "german": "de",
    "greek": "el",
    "hebrew": "he",
    "hungarian": "hu",
    "indonesian": "id",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "norwegian": "no",
    "polish": "pl",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "slovak": "sk",
    "slovenian": "sl",
    "spanish": "es",
    "swedish": "sv",
    "thai": "th",
    "turkish": "tr",
    "ukrainian": "uk",
    "vietnamese": "vi",
}
"""The languages that are told apart, since short texts allow no more."""

LEAST_LETTERS = 6
"""The fewest letters of a text that shows its language."""

LEAST_TOLD = 18
"""The fewest letters of a text that shows that it is in another language."""

LEAST_SURE = 0.6
"""The probability from which a language counts."""

_LOADING = Lock()

_NO_WORDS = re.compile(r"(?<!\S)(?>\S*?://\S*+)|<[^<>\s]{1,80}>|[@#:]\w+:?|`[^`]*`")


class _Identifier(Protocol):
    def rank(self, text: str) -> Sequence[tuple[str, float]]: ...


def language_of(text: str, among: Collection[str] = ()) -> str:
    """Return the code of a text's language; empty where that is not sure.

    Args:
        among: The codes of the only languages that it may be in; empty means all.
    """
    words = _NO_WORDS.sub(" ", text)
    if sum(map(str.isalpha, words)) < LEAST_LETTERS:
        return ""
    ranked = [one for one in load().rank(words) if not among or one[0] in among]
    if not ranked:
        return ""
    language, sure = ranked[0]
    total = sum(chance for _, chance in ranked)
    return str(language) if sure >= LEAST_SURE * total > 0 else ""


def is_other(text: str, language: str) -> bool:
    """Return whether a text of some length is surely in another language than that."""
    if not language or sum(map(str.isalpha, text)) < LEAST_TOLD:
        return False
    return language_of(text) not in ("", language)


def load() -> _Identifier:
    """Return the identifier; the first call loads it, which takes a second or two."""
    with _LOADING:
        return _identifier()


@lru_cache(maxsize=1)
def _identifier() -> _Identifier:
    from py3langid import langid

    made = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    made.set_languages([*LANGUAGES.values()])
    return cast(_Identifier, made)
