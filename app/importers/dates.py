"""Reads the dates that exports write in the language of their computer."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

from app.importers.records import Note, milliseconds

_NUMBERS = re.compile(
    r"(\d{1,4})([./\-\s]|\.\s|-|年\s?|년\s?)(\d{1,2}|[^\W\d_]{3,12}\.?)"
    r"(?:[./\-\s]|\.\s|-|月\s?|월\s?)(\d{1,4})(?=\D|\Z)"
)
_TIME = re.compile(r"(\d{1,2})[:.時시](\d{2})(?:[:.分](\d{2}))?(?:[.,]\d+)?")
_WORDS_BETWEEN = re.compile(r" (?:de|del|di|of) |, ")
_PM = re.compile(
    r"p\.?\s?m\b|오후|下午|午後|晚上|中午|μ\.?μ|\bм\b|\bم\b|\bch\b", re.IGNORECASE
)
_AM = re.compile(
    r"a\.?\s?m\b|오전|上午|午前|凌晨|早上|π\.?μ|\bص\b|\bsa\b", re.IGNORECASE
)
_ZONE = re.compile(r"(?:Z|([+-])(\d{2}):?(\d{2}))\s*\Z")

_EPOCH = re.compile(r"([0-9]{10}(?:\.[0-9]{1,9})?|[0-9]{13})")
"""Seconds or milliseconds since the epoch."""

_MONTHS = (
    ("jan", "ene", "gen", "янв"), ("feb", "fév", "fev", "фев"),
    ("mar", "mär", "mrt", "maa", "мар"), ("apr", "avr", "abr", "апр"),
    ("may", "mai", "mag", "mei", "maj", "май", "мая"), ("jun", "juin", "giu", "июн"),
    ("jul", "juil", "lug", "июл"), ("aug", "aoû", "aou", "ago", "авг"),
    ("sep", "set", "сен"), ("oct", "okt", "out", "ott", "окт"),
    ("nov", "ноя"), ("dec", "dez", "dic", "déc", "дек"),
)  # fmt: skip

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
ORDERS = (DAY_FIRST, MONTH_FIRST)


AMBIGUOUS = (
    "no date shows whether day or month comes first; add --dates dmy or --dates mdy"
)


class DateReader:
    """Reads the dates of one file, day or month first as its dates show."""

    def __init__(self, samples: Iterable[str], order: str | None = None) -> None:
        """Find the order of day and month.

        Args:
            samples: Dates of the file; one day above 12 decides.
            order: `dmy` or `mdy`, if the owner knows.
        """
        self._order = order
        self._seen: dict[str, str] = {}
        """Day or month first, by the way the date is written."""
        self.is_guessed = False
        """True if a date could be read both ways, and nothing decided."""
        if order is None:
            for text in samples:
                self._learn(text)

    def read(self, text: str) -> int | None:
        """Return milliseconds since the epoch; None if the date is not understood.

        Without a zone the time is taken as UTC.
        """
        text = " ".join(text.replace("\u200e", "").split())
        if found := _EPOCH.fullmatch(text):
            return round(float(found[1]) * (1 if len(found[1]) == 13 else 1000))
        iso = milliseconds(text) if text[:1].isdigit() else None
        if iso is not None:
            return iso
        found = _NUMBERS.search(_WORDS_BETWEEN.sub(" ", text))
        if found is None:
            return None
        day = self._date(text, found)
        rest = _WORDS_BETWEEN.sub(" ", text)[found.end() :]
        seconds = _seconds(rest, text)
        if day is None or seconds is None:
            return None
        moment = day + timedelta(seconds=seconds)
        return round(moment.replace(tzinfo=_zone(text)).timestamp() * 1000)

    def notes(self) -> list[Note]:
        """Return the note that the order was guessed, if it was."""
        return [Note(AMBIGUOUS)] if self.is_guessed else []

    def _date(self, text: str, found: re.Match[str]) -> datetime | None:
        first, middle, last = found[1], found[3], found[4]
        month = _month(middle)
        if month is None:
            return None
        if len(first) == 4:
            return _datetime(int(first), month, int(last))
        year = int(last) + (2000 if len(last) <= 2 else 0)
        if not middle.isdigit():
            return _datetime(year, month, int(first))
        one, two = int(first), month
        order = self._order or self._seen.get(_style(text, found))
        if one > 12 or two > 12:
            order = DAY_FIRST if one > 12 else MONTH_FIRST
        if order is None:
            self.is_guessed = self.is_guessed or one != two
            order = _usual(text, found)
        if order == MONTH_FIRST:
            return _datetime(year, one, two)
        return _datetime(year, two, one)

    def _learn(self, text: str) -> None:
        found = _NUMBERS.search(text)
        if not found or not found[3].isdigit() or len(found[1]) == 4:
            return
        if int(found[1]) > 12:
            self._seen[_style(text, found)] = DAY_FIRST
        elif int(found[3]) > 12:
            self._seen[_style(text, found)] = MONTH_FIRST


def _style(text: str, found: re.Match[str]) -> str:
    """Return how a date is written: its sign, and whether the day has two halves."""
    return found[2].strip() + ("12" if _AM.search(text) or _PM.search(text) else "24")


def _usual(text: str, found: re.Match[str]) -> str:
    """Return the usual order: only those who write 6/5 with AM and PM mean June."""
    return MONTH_FIRST if _style(text, found) == "/12" else DAY_FIRST


def _month(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    low = text.casefold()
    for number, starts in enumerate(_MONTHS, 1):
        if low.startswith(starts):
            return number
    return None


def _datetime(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day)
    except ValueError:
        return None


def _seconds(rest: str, text: str) -> int | None:
    """Return the seconds since midnight; None if the time makes no sense."""
    found = _TIME.search(rest)
    if found is None:
        return None if any(map(str.isdigit, rest)) else 0
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    # 22:10 PM is written by programs that mix two ways.
    if hour < 12 and _PM.search(text):
        hour += 12
    elif hour == 12 and _AM.search(text):
        hour = 0
    return (hour * 60 + minute) * 60 + second


def _zone(text: str) -> timezone:
    found = _ZONE.search(text)
    if not found or not found[1]:
        return UTC
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(offset if found[1] == "+" else -offset)
