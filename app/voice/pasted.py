"""Finds pasted lines of a message: traces, logs, tables, code, figures."""

import re
import string
from collections.abc import Sequence

_POINTER = re.compile(
    r"\A\s*+(?:Traceback \(most recent|File \"[^\"]*+\", line \d|Caused by: "
    r"|Suppressed: |\.\.\. \d++ (?:more|common frames)|Exception in thread "
    r"|(?:During handling of|The) above exception |node:[\w/]++:\d"
    r"|at [\w$.<>/@ \[\]-]{1,200}+\("
    r"|at .{1,200}:\d++:\d++\)?\s*+\Z|at .{1,200} in .{1,200}:line \d"
    r"|(?:from )?\S{1,200}:\d++:in [`'\"]|thread '[^'\n]{0,80}+' panicked at"
    r"|note: run with `RUST_|goroutine \d++ \[|(?:PHP )?Fatal error: "
    r"|#\d++ {1,4}+(?:0x[\da-f]++ in |\w++ \(|/))"
)
"""Lines of a trace that point into code, or stand between such lines."""

_HEAD = re.compile(
    r"\A(?:Uncaught |Unhandled [\w ]{1,20}[.:] |panic: )?+"
    r"(?:[\w.$]{0,100}(?:Error|Exception)\b|runtime error\b)"
)
_TAIL = re.compile(
    r"\A(?:[\w.]{0,60}(?:Error|Exception|Interrupt|Exit|Warning|Iteration)\b|\s|\Z"
    r"|[\w./]{1,80}\.\w{1,40}\(|exit status \d|called `)"
)
"""Lines that belong to the trace before them."""

_LOG = re.compile(
    r"\A\s*+(?:\[?(?:\d{4}-\d\d-\d\d[T ]|[A-Z][a-z][a-z] [ \d]\d )\d\d:\d\d"
    r"|\[?(?:\d{1,2}:\d\d:\d\d[\]. ,:]|\d{1,2}:\d\d\]? ?<)"
    r"|\$>? \S|[\w.-]{1,40}@[\w.-]{1,60}:?[\w./~-]{0,80}[$#] \S"
    r"|(?:PS )?[A-Z]:\\[^<>\n]{0,200}+>|[VDIWEF]/\w{1,40}\("
    r"|\[(?:DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL|TRACE)\]"
    r"|(?:DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL|TRACE):[\w.]{1,60}:)"
)
"""Lines of logs and of shells."""

_CODE = re.compile(
    r"\A(?:#include\b|</?\w[^<>]*+>|\{? ?\"[\w$ -]{1,60}+\": ?|[{}\[\]();,]{1,6}+\Z)"
)
_CODE_WORD = re.compile(
    r"\A(?:def|class|function|async|public|private|static|const|let|var|if|for|while"
    r"|else|return|import|from|export|struct|enum|fn|func|using)\b"
)

LEAST_CODE = 2
"""The fewest lines that look like code of a paste; people say one."""

_DIFF = re.compile(r"\A(?:diff --git |@@ -\d|index [\da-f]{7,40}\.\.)")
_RULED = re.compile(r"\A(?=[^\n]*[|+])(?=[^\n]*--)[|:+=\s-]*+\Z")
"""The line below the heads of a table, and those around it."""

_DRAWN = re.compile(
    "\\A\\s*+[\u250c-\u251f\u2552-\u2560\u256d\u2570]"
    "|[\u2502\u2503\u2551]|[\u2500\u2501\u2550]{6}"
)
"""Frames of tables; a table that is flipped, or put back, has none."""

_GAP = re.compile(r"[^\s.!?…,:;)\"] {3,}+(?=\S)")
_SHOWN_EMOJI = re.compile(r"<a?:\w{1,32}:\d+>")
_FIGURES = (string.digits + string.punctuation).encode()

LEAST_CELLS = 3
"""The fewest bars, tabs or gaps in a line that make it one of a table."""

LEAST_DEBRIS = 24
"""The fewest characters of a line that may be nothing but figures."""


def unpasted(lines: Sequence[str]) -> list[str]:
    """Return the lines that somebody wrote."""
    if len(lines) == 1:
        is_left = not (_POINTER.match(lines[0]) or _is_pasted(lines[0]))
        return [lines[0]] if is_left else []
    lines = _without_traces(lines)
    lines = _without_tables(lines)
    if any(map(_DIFF.match, lines)):
        lines = [line for line in lines if line[:1] not in ("+", "-")]
    code = [_is_code(line) for line in lines]
    if sum(code) >= LEAST_CODE:
        # What is indented belongs to the code.
        lines = [
            line
            for line, is_code in zip(lines, code, strict=True)
            if not is_code and not line.startswith(("  ", "\t"))
        ]
    return [line for line in lines if not _is_pasted(line)]


def _is_code(line: str) -> bool:
    """Return whether a line looks like code or marked-up data."""
    bare = line.strip()
    if _CODE.match(bare) or bare.endswith(";") and ("=" in bare or "(" in bare):
        return True
    is_indented = line[:1].isspace()
    ends = bare.endswith((":", ";", "{", ")"))
    return bool(_CODE_WORD.match(bare)) and (is_indented or ends)


def _without_traces(lines: Sequence[str]) -> Sequence[str]:
    """Leave out everything from the head of the first trace to the end of the last."""
    pointers = [at for at, line in enumerate(lines) if _POINTER.match(line)]
    if not pointers:
        return lines
    first, after = pointers[0], pointers[-1] + 1
    while first and (_HEAD.match(lines[first - 1]) or _is_blank(lines[first - 1])):
        first -= 1
    while after < len(lines) and _TAIL.match(lines[after]):
        after += 1
    return [*lines[:first], *lines[after:]]


def _is_blank(line: str) -> bool:
    return not line.strip(" \t^~")


def _without_tables(lines: Sequence[str]) -> Sequence[str]:
    """Leave out lines with bars beside a ruled one."""
    ruled = [at for at, line in enumerate(lines) if _RULED.match(line)]
    gone = set(ruled)
    for at in ruled:
        for step in (-1, 1):
            beside = at + step
            while 0 <= beside < len(lines) and "|" in lines[beside]:
                gone.add(beside)
                beside += step
    return [line for at, line in enumerate(lines) if at not in gone] if gone else lines


def _is_pasted(line: str) -> bool:
    """Return whether a line is quoted, or of a table, a log or a list of figures."""
    is_quoted = line.startswith("> ") or line.rstrip() == ">"
    if is_quoted or _LOG.match(line) or _DIFF.match(line):
        return True
    if not line.isascii() and _DRAWN.search(line):
        return True
    bare = line.strip()
    if len(bare) > 2 and bare[0] == bare[-1] == "|":
        return True
    if line.count("|") >= LEAST_CELLS or line.count("\t") >= LEAST_CELLS:
        return True
    if "   " in line and len(_GAP.findall(line)) >= LEAST_CELLS:
        return True
    written = _SHOWN_EMOJI.sub("", line) if "<" in line else line
    written = written.replace(" ", "")
    if len(written) < LEAST_DEBRIS or "://" in written:
        return False
    # Bytes lose some of their signs ten times faster than text.
    plain = written.encode("ascii", "ignore")
    figures = len(plain) - len(plain.translate(None, _FIGURES))
    return figures > len(written) / 2
