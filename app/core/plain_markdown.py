"""Markdown as plain lines that read well in a terminal, with or without colours.

Understands what the guides use: headings, paragraphs, flat lists, fenced code, tables,
links and emphasis.
"""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

Kind = Literal["title", "rule", "text", "code"]

CODE_INDENT = "    "
GAP = "  "
"""Between the columns of a table."""

LEAST_COLUMN = 24
"""Cells in which a column of words can be read."""

_TITLE = re.compile(r"\A(#+) (.*)")
_ITEM = re.compile(r"\A(?P<mark>[-*]|\d+\.) ++(?P<text>.*)")
_CELLS = re.compile(r"(?<!\\)\|")
_COMMENT = re.compile(r"\A<!-- .* -->")
_INLINE = re.compile(
    r"(?P<code>`[^`]*`)"
    r"|\[(?P<label>[^\[\]]*)\]\((?P<target>[^()]*)\)"
    r"|<(?P<address>https?://[^<>]*)>"
    r"|\*\*(?P<bold>[^*]+)\*\*"
    r"|(?<!\w)\*(?P<italic>[^*\s][^*]*)\*(?!\w)"
)


@dataclass(frozen=True)
class Line:
    """One line on the terminal."""

    text: str
    kind: Kind = "text"


def render(markdown: str, width: int) -> list[Line]:
    """The lines of a page, none wider than `width` except code and long words."""
    found: list[Line] = []
    for block in _blocks(markdown):
        if found:
            found.append(Line(""))
        found += _draw(block, width)
    return found


def _blocks(markdown: str) -> Iterator[list[str]]:
    """The lines between empty ones; code and headings are blocks of their own."""
    block: list[str] = []
    is_code = False
    for line in markdown.splitlines():
        is_fence = line.startswith("```")
        if not is_code and _COMMENT.fullmatch(line):
            continue
        starts = not is_code and (is_fence or _TITLE.match(line))
        if starts or not (is_code or line.strip()):
            if block:
                yield block
            block = []
        if is_code or line.strip():
            block.append(line)
        if (is_code and is_fence) or (not is_code and _TITLE.match(line)):
            yield block
            block = []
        is_code ^= is_fence
    if block:
        yield block


def _draw(block: list[str], width: int) -> list[Line]:
    if block[0].startswith("```"):
        return [Line((CODE_INDENT + line).rstrip(), "code") for line in block[1:-1]]
    if title := _TITLE.match(block[0]):
        rule = "=" if len(title[1]) == 1 else "-"
        text = inline(title[2])
        return [Line(text, "title"), Line(rule * len(text), "rule")]
    if block[0].startswith("|"):
        return [Line(line) for line in _table(block, width)]
    return [Line(line) for line in _paragraphs(block, width)]


def _paragraphs(block: list[str], width: int) -> Iterator[str]:
    """A paragraph, or the items of a list with their marks."""
    parts: list[tuple[str, str]] = []
    for line in block:
        item = _ITEM.match(line)
        if item:
            parts.append((f"{item['mark']} ", item["text"]))
        elif parts:
            mark, text = parts[-1]
            parts[-1] = (mark, f"{text} {line.strip()}")
        else:
            parts.append(("", line))
    for mark, text in parts:
        yield from _wrap(inline(text), width, mark, " " * len(mark))


def _table(block: list[str], width: int) -> Iterator[str]:
    """Columns, the widest one wrapped; where that is too narrow, a list."""
    rows = [[inline(cell) for cell in _cells(line)] for line in block]
    rules = [cell.endswith(":") for cell in _cells(block[1])]
    head, body = rows[0], rows[2:]
    widths = [max(map(len, column)) for column in zip(*(head, *body), strict=True)]
    widest = widths.index(max(widths))
    room = width - sum(widths) + widths[widest] - len(GAP) * (len(widths) - 1)
    if room < min(LEAST_COLUMN, widths[widest]):
        yield from _list_of(head, body, width)
        return
    widths[widest] = min(room, widths[widest])
    if any(head):
        yield from _row(head, widths, rules)
        yield GAP.join("-" * size for size in widths)
    for row in body:
        yield from _row(row, widths, rules)


def _row(row: list[str], widths: list[int], rules: list[bool]) -> Iterator[str]:
    """The lines of one row; `rules` tells the columns that stand to the right."""
    cells = [
        textwrap.wrap(cell, size, break_on_hyphens=False) or [""]
        for cell, size in zip(row, widths, strict=True)
    ]
    for parts in zip_longest(*cells, fillvalue=""):
        columns = zip(parts, widths, rules, strict=True)
        yield GAP.join(
            part.rjust(size) if is_right else part.ljust(size)
            for part, size, is_right in columns
        ).rstrip()


def _list_of(head: list[str], body: list[list[str]], width: int) -> Iterator[str]:
    for row in body:
        yield from _wrap(row[0], width, "", "  ")
        middle = zip(head[1:-1], row[1:-1], strict=True)
        if named := "; ".join(f"{name}: {cell}" for name, cell in middle if cell):
            yield from _wrap(named, width, CODE_INDENT, CODE_INDENT)
        yield from _wrap(row[-1], width, CODE_INDENT, CODE_INDENT)


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().replace("\\|", "|") for cell in _CELLS.split(inner)]


def _wrap(text: str, width: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def inline(text: str) -> str:
    """Text without marks of emphasis; links show where they lead."""
    return _INLINE.sub(_spelled_out, text)


def _spelled_out(found: re.Match[str]) -> str:
    label, target = found["label"], found["target"]
    if label is None:
        return found["code"] or found["address"] or found["bold"] or found["italic"]
    if target.startswith("http"):
        return f"{label} ({target})"
    if target.endswith(".md") and "/" not in target:
        return f"{label} (`mynah help {target.removesuffix('.md')}`)"
    return label
