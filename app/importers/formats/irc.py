"""Logs of IRC: irssi, WeeChat, ZNC, HexChat and mIRC."""

import re
from collections.abc import Iterator
from datetime import datetime

from app.importers.dates import DateReader
from app.importers.head import Head
from app.importers.records import BrokenRow, FileGuild, Item, Record
from app.importers.sources import SourceFile
from app.importers.streams import Stream
from app.importers.text_lines import lines

LACKS = "IRC logs have no ids, and mark neither bots nor replies"

_LINE = re.compile(
    r"\A\s*(?:\[?(?P<date>\d{4}-\d{2}-\d{2}|[A-Z][a-z]{2} \d{2}"
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4})[ T,]{1,2})?"
    r"\[?(?P<time>\d{1,2}:\d{2}(?::\d{2})?)(?:[.,]\d+)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?\]?(?P<rest>[\s|].*)",
    re.DOTALL,
)
_SPOKEN = re.compile(
    r"\A(?:\s*<[ @+%&~!]?(?P<nick>[^\s<>]{1,40})>[ \t](?P<text>.*)"
    r"|\t[@+%&~!]?(?P<tabbed>[^\s<>*]{1,40})\t(?P<said>.*)"
    r"|[ \t]{1,2}[*—][ \t]+(?P<doer>[^\s*]{1,40})[ \t](?P<done>.*))"
)
_DAY = re.compile(
    r"(?:--- (?:Log opened|Day changed)|\*\*\*\* (?:BEGIN|ENDING) LOGGING AT"
    r"|Session (?:Start|Time|Ident):) (?P<day>.+)"
)
_STATUS = re.compile(
    r"\A\s*(?:-!-|\*\*\*|-->|<--|[→←⇐⇒•]|--\s|=!=|-[^\s-]+-\s"
    r"|\*\s+\S+ (?:\([^()]{0,200}\) |\[[^\[\]]{0,200}\] )?"
    r"(?:has (?:joined|left|quit|kicked|changed)|sets mode|gives|is now known|removes)"
    r"|\*\s+(?:Joins|Parts|Quits|Now talking|Topic|Set by|Disconnected|You are|Loaded))"
)
_CODES = re.compile(
    r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04[0-9a-fA-F]{6}|[\x02\x0f\x11\x16\x1d-\x1f]"
)
_FILE_DAY = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")
_CHANNEL = re.compile(
    r"(?<!#)(#+(?:[^\s/\\._#]|[._](?!\d{4}|weechatlog|log|txt)){1,60})"
)
_DAYS = ("%a %b %d %H:%M:%S %Y", "%a %b %d %Y", "%Y-%m-%d")
HEADS = 60


def matches(head: Head) -> bool:
    """Return whether most lines are talk or what a client adds to it."""
    found = talk = 0
    lines_there = [line for line in head.lines[:HEADS] if line.strip()]
    for line in lines_there:
        parsed = _LINE.match(line)
        is_status = _DAY.match(line) or (parsed and _STATUS.match(parsed["rest"]))
        is_talk = not is_status and parsed and _SPOKEN.match(parsed["rest"])
        found += bool(is_status or is_talk)
        talk += bool(is_talk)
    return found > 0 and (talk > 0 or found > 2) and found >= 0.6 * len(lines_there)


def guilds(source: SourceFile) -> list[FileGuild]:
    """Return nothing: a log names no server."""
    return []


def read(
    source: SourceFile, stream: Stream, order: str | None = None
) -> Iterator[Item]:
    """Read the talk of one channel; joins, modes and the like are passed over."""
    channel = _CHANNEL.search(re.split(r"[/\\]", source.name)[-1])
    name = channel[1] if channel else None
    dates = DateReader((), order)
    day = _day_of_name(source.name)
    for number, raw in lines(stream):
        line = _CODES.sub("", _text(raw))
        opened = _DAY.match(line)
        if opened:
            day = _day(opened["day"]) or day
            continue
        item = _item(line, day, dates, name)
        if item is None:
            yield BrokenRow(f"line {number}", "it is not a log line")
        elif item is not SYSTEM:
            yield item
    yield from dates.notes()


SYSTEM = Record(author="", name="", text="", is_system=True)


def _item(
    line: str, day: datetime | None, dates: DateReader, channel: str | None
) -> Record | None:
    """Return the message in a line, `SYSTEM` for none, None if it is not of a log."""
    parsed = _LINE.match(line)
    if not parsed:
        return None
    said = None if _STATUS.match(parsed["rest"]) else _SPOKEN.match(parsed["rest"])
    if said is None:
        return SYSTEM
    nick = said["nick"] or said["tabbed"] or said["doer"]
    text = said["text"] or said["said"] or said["done"] or ""
    date = parsed["date"] or (day.strftime("%Y-%m-%d") if day else "")
    if date[:3].isalpha():
        date = f"{date} {day.year}" if day else ""
        date = _iso(date)
    ts = _time(date, parsed, dates) if date else None
    return Record(author=nick.casefold(), name=nick, text=text, ts=ts, channel=channel)


def _time(date: str, parsed: re.Match[str], dates: DateReader) -> int | None:
    return dates.read(f"{date} {parsed['time'].rjust(5, '0')}{parsed['zone'] or ''}")


def _iso(text: str) -> str:
    try:
        return datetime.strptime(text, "%b %d %Y").strftime("%Y-%m-%d")
    except ValueError:
        return ""


def _text(raw: bytes) -> str:
    """Decode a line; old clients wrote each line in its speaker's encoding."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    return text.rstrip("\r\n")


def _day(text: str) -> datetime | None:
    for form in _DAYS:
        try:
            return datetime.strptime(text.strip(), form)
        except ValueError:
            continue
    return None


def _day_of_name(name: str) -> datetime | None:
    found = _FILE_DAY.search(re.split(r"[/\\]", name)[-1])
    if not found:
        return None
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
