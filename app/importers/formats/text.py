"""Plain text: one message per line."""

import re
from collections.abc import Iterator

from app.importers.head import Head
from app.importers.records import BrokenRow, FileGuild, Item, Record
from app.importers.sources import SourceFile
from app.importers.streams import Stream
from app.importers.text_lines import NOT_UTF8, decoded, lines

LACKS = "plain text has neither authors nor times"

LOOKED_AT = 400
"""Lines that tell whether it is prose."""

SHARE = 0.1
"""The share of lines that may look like something else."""

_STAMP = re.compile(
    r"\A\s*[\[(<*-]{0,4}\s?(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
    r"|\d{4}[年년]|\d{1,2}:\d{2}(?::\d{2})?\b)"
)
_COPIED = re.compile(
    r"\A\S.{0,80} [—–-] .{0,40}\d{1,2}[:.]\d{2}(?: ?[AaPp]\.?[Mm]\.?)?\s*\Z"
)
"""A name and a time, as Discord shows them and people copy them."""

_CLOCK = re.compile(r"\A.{0,400}?(?<![\d:])\d{1,2}:\d{2}(?!\d)")
_MANY = 0.3
"""The share of lines that may name a time: people do so now and then."""

_LEVEL = re.compile(
    r"\A\s*\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|FATAL|CRITICAL)\b\]?:?\s"
)
_CONTROL = re.compile(r"\A[^\x00-\x08\x0e-\x1f\x7f]*+[\x00-\x08\x0e-\x1f\x7f]")

_SPEAKER = re.compile(
    r"\A\s*(?:<(?!a?:|[@#/])[^<>\s]{1,40}>|\[[^\[\]]{1,40}\]|[^\s:,.!?]{1,32}:"
    r"|[^\s:,.!?-][^\s:,.!?]{0,31} [-–—|>»])\s+\S"
)
_MARKUP = re.compile(
    r"\A\s*(?:<(?!a?:\w+:\d+>)/?[a-zA-Z!?][^>]*>|[{}\[\]]+,?\s*$|[\"'][\w-]+[\"']\s*:|[#=\-_*~]{4,}\s*$"
    r"|[\w.-]+\s*=\s*\S|(?:- )?[\w-]+:\s*$|- [\w-]+: |\[[\w.-]+\]\s*$"
    r"|(?:def|class|import|from|return|function|var|let|const|public|private|#include|package|using)\s.*[;:{(]\s*$|.*[;{]\s*$"
    r"|(?:From|To|Date|Subject|Message-ID|Received|Content-Type): )"
)


def matches(head: Head) -> bool:
    """Return whether it looks like prose: no stamps, speakers, markup or tables."""
    return head.is_text and looks_like_prose(head.lines[:LOOKED_AT])


def looks_like_prose(lines_there: list[str]) -> bool:
    """Return whether nearly all lines are what a person would write."""
    there = [line[:500] for line in lines_there if line.strip()]
    if not there or there[0].startswith(
        ("From ", "<!", "<?", "%PDF", "{\\rtf", "[LINE] ")
    ):
        return False
    few = SHARE * len(there)
    unlike = (_STAMP, _MARKUP, _LEVEL, _COPIED, _CONTROL)
    if any(_share(pattern, there) > few for pattern in unlike):
        return False
    if len(there) > 1 and _share(_CLOCK, there) > max(_MANY * len(there), 1):
        return False
    # Two people who talk are named again and again.
    if len(there) > 1 and _share(_SPEAKER, there) > max(0.5 * len(there), 1):
        return False
    return not _is_table(there)


def _share(pattern: re.Pattern[str], there: list[str]) -> int:
    return sum(pattern.match(line) is not None for line in there)


def _is_table(there: list[str]) -> bool:
    """Return whether nearly all lines have the same number of the same sign."""
    if len(there) < 3:
        return False
    for sign in ",;\t|":
        counts = [line.count(sign) for line in there]
        usual = max(set(counts), key=counts.count)
        least = 1 if sign in "\t|" else 2
        if usual >= least and counts.count(usual) >= 0.9 * len(there):
            return True
    return False


def guilds(source: SourceFile) -> list[FileGuild]:
    """Return nothing: text names no server."""
    return []


def read(source: SourceFile, stream: Stream) -> Iterator[Item]:
    """Yield the lines of the file."""
    for number, line in lines(stream):
        text = decoded(line)
        if text is None:
            yield BrokenRow(f"line {number}", NOT_UTF8)
        else:
            yield Record(author="", name="", text=text.strip())
