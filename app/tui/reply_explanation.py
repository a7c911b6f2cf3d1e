"""The full explanation of one reply, in the order of a person's questions."""

from collections.abc import Callable

from textual.content import Content

from app.core.explanation import Explanation, RungOutcome
from app.core.safe_text import safe_line
from app.tui import format, reply_bars, xray_text

TURNS_SHOWN = 12


def draw(
    reply: Explanation,
    width: int,
    remedy: Callable[[str], str] = str,
    *,
    is_xrayed: bool = False,
) -> Content:
    """Draw the full story of a reply.

    Args:
        remedy: Returns a reason as the screens show it.
        is_xrayed: Color the words by who decided them.
    """
    parts = [
        _head(reply),
        xray_text.draw(reply.text, reply.shares)
        if is_xrayed and reply.shares
        else Content(reply.text),
        _section("Why it spoke", [Content(reply.reason or "unknown")]),
        _section("Providers asked", [_rung(rung, remedy) for rung in reply.rungs]),
        _section("Time", reply_bars.timeline(reply.timings, width)),
        _section(_prompt_title(reply), [*_filled(reply, width), *_turns(reply)]),
        _section(
            "Recalled", [reply_bars.quote(m.author, m.text) for m in reply.moments]
        ),
        _section(
            "Drawn from",
            [reply_bars.quote(m.author, m.text, m.run) for m in reply.sources],
        ),
        _section("Notes", [Content(safe_line(note)) for note in reply.notes]),
        _foot(reply),
    ]
    return Content("\n\n").join([part for part in parts if part.plain])


def _head(reply: Explanation) -> Content:
    model = f" ({format.model_name(reply.model)})" if reply.model else ""
    place = format.at(reply.host, reply.reach)
    return Content.assemble(
        (f"{reply.mode} by {reply.provider}{model}{place}", "bold $accent"),
        (f"\n{reply.state} {format.clock(reply.created / 1000)}", "$quiet"),
        (f", voice {reply.dial} %", "$quiet"),
    )


def _section(title: str, lines: list[Content]) -> Content:
    if not lines:
        return Content("")
    return Content("\n").join([Content.styled(title, "bold"), *lines])


def _rung(rung: RungOutcome, remedy: Callable[[str], str]) -> Content:
    outcome, reason = safe_line(rung.outcome), remedy(safe_line(rung.reason))
    sign = "✓" if outcome in ("answered", "ok", "used") else "–"
    said = f": {reason}" if reason else ""
    name = safe_line(rung.provider)
    return Content.assemble(f"{sign} {name} ", (outcome + said, "$quiet"))


def _prompt_title(reply: Explanation) -> str:
    if not reply.tokens.prompt:
        return "Prompt"
    return f"Prompt, {reply.tokens.prompt} tokens, {reply.tokens.cached} from the cache"


def _filled(reply: Explanation, width: int) -> list[Content]:
    """Draw a bar for each part of the prompt, in tokens."""
    return reply_bars.bars(reply.filled, sum(reply.filled.values()), width, "tokens")


def _turns(reply: Explanation) -> list[Content]:
    """Return the turns, each with its share of the turns' tokens, by length."""
    texts = [f"{turn[0]}: {turn[1]}" for turn in reply.turns]
    spent = sum(reply.filled.get(part, 0) for part in ("conversation", "channel"))
    letters = sum(map(len, texts)) or 1
    lines = []
    for text in texts[-TURNS_SHOWN:]:
        tokens = round((spent or reply.tokens.prompt) * len(text) / letters)
        lines.append(Content.assemble((f"≈{tokens:>4}  ", "$quiet"), safe_line(text)))
    return lines


def _foot(reply: Explanation) -> Content:
    rating = reply.rating
    liked = {0: "not rated"}.get(rating, f"rated {rating:+d}")
    cost = f"cost {format.money(reply.cost)}"
    wrote = f"{reply.tokens.completion} tokens written"
    return Content.styled(f"{wrote}, {cost}, {liked}", "$quiet")
