"""Reads the marks between turns out of a model's chat template.

A template is a program by strangers. It runs once for each loaded model, in a process
of its own that is killed when it takes too long, in Jinja's sandbox, and on made-up
turns: no words of any server ever reach it. It is rendered as in transformers, which
its authors wrote it for (`apply_chat_template`, in `chat_template_utils.py`).
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NoReturn

from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.core.turn_marks import MOST_TEMPLATE, TurnMarks

MOST_MARKS = 20_000
"""The most characters around the turns of one conversation."""

MOST_MEMORY = 1 << 30
"""The bytes that rendering may take, where the system can set a limit."""

SYSTEM = "s0zuq7"
TURNS = ("u1zuq7", "b2zuq7", "u3zuq7", "b4zuq7", "u5zuq7")
"""Made-up turns, people's and the bot's in turn."""

Render = Callable[..., str]


class _Environment(ImmutableSandboxedEnvironment):
    """Refuses to multiply, which templates don't need and which makes huge texts."""

    intercepted_binops = frozenset(["*", "**", "%"])

    def call_binop(
        self, context: object, operator: str, left: object, right: object
    ) -> object:
        if not (isinstance(left, int) and isinstance(right, int)) or operator == "**":
            raise SecurityError(f"{operator} is not allowed here")
        return left * right if operator == "*" else left % right


def marks_of(template: str, bos: str = "", eos: str = "") -> TurnMarks | None:
    """Return the marks of a template; None if it can't be used for a group's talk.

    Args:
        bos: The text of the token that begins every prompt.
        eos: The text of the token that ends it.
    """
    if not template or len(template) > MOST_TEMPLATE:
        return None
    try:
        program = _environment().from_string(template)
        # Gemma's and Mistral's refuse rules, or put them before the last turn.
        for has_system in (True, False):
            rendered = _render(program.render, has_system, bos, eos)
            if marks := _marks(rendered, has_system):
                return marks
    except (TemplateError, ArithmeticError, AttributeError, LookupError):
        return None
    except (TypeError, ValueError, RecursionError, MemoryError):
        return None
    return None


def _environment() -> _Environment:
    made = _Environment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    made.filters["tojson"] = lambda value, **how: json.dumps(value, ensure_ascii=False)
    made.globals["raise_exception"] = _refuse
    made.globals["strftime_now"] = lambda form: datetime.now().strftime(form[:100])
    return made


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)


def _render(render: Render, has_system: bool, bos: str, eos: str) -> str:
    roles = ("user", "assistant")
    messages = [
        {"role": roles[place % 2], "content": text} for place, text in enumerate(TURNS)
    ]
    if has_system:
        messages.insert(0, {"role": "system", "content": SYSTEM})
    try:
        return render(
            messages=messages,
            add_generation_prompt=True,
            bos_token=bos,
            eos_token=eos,
            # A chat line needs no thoughts; Qwen's and SmolLM's templates ask for it.
            enable_thinking=False,
        )
    except TemplateError:
        if has_system:
            return ""
        raise


def _marks(rendered: str, has_system: bool) -> TurnMarks | None:
    """Return what stands between the turns, if that is the same for each of a kind."""
    texts: Sequence[str] = (SYSTEM, *TURNS) if has_system else TURNS
    parts, rest = [], rendered
    for text in texts:
        before, found, rest = rest.partition(text)
        if not found:
            return None
        parts.append(before)
    if sum(map(len, parts)) + len(rest) > MOST_MARKS or SYSTEM in rest:
        return None
    start, *between = parts
    system_end = between.pop(0) if has_system else "\n\n"
    first_bot, first_user, second_bot, second_user = between
    if (first_bot, first_user) != (second_bot, second_user):
        return None
    return TurnMarks(start, system_end, first_bot, first_user, rest)
