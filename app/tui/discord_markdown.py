"""Discord's markdown as styled text; what does not match stays as it was written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from textual.content import Content

from app.core.safe_text import safe_text

CODE = "$foreground on $surface"

STYLES = {
    "***": "bold italic", "**": "bold", "*": "italic", "_": "italic",
    "__": "underline", "~~": "strike",
}  # fmt: skip

SPOILER = "||"
COVER = "▒"

_FENCE = "```"
_MARKS = re.compile(r"[*_~|`>#<\\-]")
_TOKEN = re.compile(r"\\[*_~|`>#\\-]|`+|\*{1,3}|__|_|~~|\|\||<a?:[0-9A-Za-z_]{2,32}:\d")
_LANGUAGE = re.compile(r"[0-9A-Za-z+#_-]{1,20}\n")
_EMOJI_END = re.compile(r"\d{1,24}>")


def styled(text: str, *, covers: bool = True) -> Content:
    """Return a message as Discord shows it; `covers` hides what spoilers hide."""
    text = safe_text(text)
    if not _MARKS.search(text):
        return Content(text)
    parts = text.split(_FENCE)
    if len(parts) % 2 == 0:
        # The last fence is not closed.
        parts[-2:] = [_FENCE.join(parts[-2:])]
    shown = []
    for number, part in enumerate(parts):
        if number % 2:
            language = _LANGUAGE.match(part)
            code = part[language.end() if language else 0 :].strip("\n")
            shown.append(Content.styled(code, CODE))
        else:
            shown.append(_paragraphs(part, covers=covers))
    return Content("").join(shown)


def _paragraphs(text: str, *, covers: bool) -> Content:
    lines, is_quoted = [], False
    for line in text.split("\n"):
        if line.startswith(">>> "):
            is_quoted, line = True, line[4:]
        lines.append(_line(line, is_quoted=is_quoted, covers=covers))
    return Content("\n").join(lines)


def _line(line: str, *, is_quoted: bool, covers: bool) -> Content:
    """Draw a line with what its beginning means: quote, heading, small print, list."""
    if is_quoted or line.startswith("> "):
        rest = _inline(line if is_quoted else line[2:], covers=covers)
        return Content.assemble(("▎ ", "$quiet"), rest)
    for beginning, style in (
        ("# ", "bold underline"),
        ("## ", "bold"),
        ("### ", "bold"),
    ):
        if line.startswith(beginning):
            return _inline(line[len(beginning) :], covers=covers).stylize(style)
    if line.startswith("-# "):
        return _inline(line[3:], covers=covers).stylize("$quiet")
    if line.lstrip().startswith(("- ", "* ")):
        indent = len(line) - len(line.lstrip())
        rest = _inline(line[indent + 2 :], covers=covers)
        return Content.assemble(" " * indent + "• ", rest)
    return _inline(line, covers=covers)


@dataclass
class _Pieces:
    """The parts of a line, and which of them have a style."""

    texts: list[str] = field(default_factory=list)
    spans: list[tuple[str, int, int]] = field(default_factory=list)
    """A mark, and the first and the last of the parts between its two places."""
    opened: list[tuple[str, int]] = field(default_factory=list)
    """Marks that wait for their second place, each kind once."""

    def close(self, mark: str) -> bool:
        """End what the mark began; False if it began nothing."""
        depth = next((n for n, (one, _) in enumerate(self.opened) if one == mark), None)
        if depth is None or self.opened[depth][1] == len(self.texts) - 1:
            return False
        begin = self.opened[depth][1]
        self.texts[begin] = ""
        self.spans.append((mark, begin, len(self.texts)))
        del self.opened[depth:]
        return True


def _inline(line: str, *, covers: bool) -> Content:
    pieces, at = _Pieces(), 0
    closing = _code_ends(line)
    for token in _TOKEN.finditer(line):
        begin, end, mark = token.start(), token.end(), token.group()
        if begin < at:
            continue
        pieces.texts.append(line[at:begin])
        at = end
        if mark[0] == "\\":
            pieces.texts.append(mark[1:])
        elif mark[0] == "`" and (until := _next(closing[len(mark)], end)):
            pieces.spans.append(("`", len(pieces.texts), len(pieces.texts) + 1))
            pieces.texts.append(line[end:until])
            at = until + len(mark)
        elif mark[0] == "<" and (rest := _EMOJI_END.match(line, end - 1)):
            pieces.texts.append(f":{mark.split(':')[1]}:")
            at = rest.end()
        else:
            _mark(pieces, line, mark, begin, end)
    pieces.texts.append(line[at:])
    return _content(pieces, covers=covers)


def _mark(pieces: _Pieces, line: str, mark: str, begin: int, end: int) -> None:
    before, after = line[begin - 1 : begin], line[end : end + 1]
    is_word = mark[0] == "_" and bool(after) and (after.isalnum() or after == "_")
    if before.strip() and not is_word and pieces.close(mark):
        return
    is_word = mark[0] == "_" and before.isalnum()
    is_known = mark in STYLES or mark == SPOILER
    is_opened = any(one == mark for one, _ in pieces.opened)
    if is_known and not is_opened and after.strip() and not is_word:
        pieces.opened.append((mark, len(pieces.texts)))
    pieces.texts.append(mark)


def _code_ends(line: str) -> dict[int, Iterator[int]]:
    """Return, by their length, the places of runs of backticks."""
    found: dict[int, list[int]] = {}
    for run in re.finditer("`+", line):
        found.setdefault(len(run.group()), []).append(run.start())
    return {length: iter(places) for length, places in found.items()}


def _next(places: Iterator[int], after: int) -> int | None:
    return next((place for place in places if place > after), None)


def _content(pieces: _Pieces, *, covers: bool) -> Content:
    starts, length = [], 0
    for text in pieces.texts:
        starts.append(length)
        length += len(text)
    starts.append(length)
    plain = "".join(pieces.texts)
    if covers:
        for mark, first, last in pieces.spans:
            if mark == SPOILER:
                begin, end = starts[first], starts[last]
                hidden = re.sub(r"\S", COVER, plain[begin:end])
                plain = plain[:begin] + hidden + plain[end:]
    shown = Content(plain)
    for mark, first, last in pieces.spans:
        style = CODE if mark == "`" else STYLES.get(mark, "$quiet on $panel")
        shown = shown.stylize(style, starts[first], starts[last])
    return shown
