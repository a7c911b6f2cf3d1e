"""Everything that a person reads is plain English; some habits are banned for good."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Every string of these rooms may reach a person; elsewhere only the texts of errors do.
VISIBLE = ("cli", "tui", "discord", "service", "settings")
PAPERS = ("README.md", "CHANGELOG.md", "assets/guides/*.md")

BANNED = {
    r"\banew\b": "say 'again', or name the action: 'rebuild', 'reload'",
    r"\b[Mm]end(s|ed|ing)?\b": "say 'fix' or 'correct'",
    r"\bheld against\b": "say 'compared with'",
    r"\bfor ever\b": "write 'forever', or say 'permanently'",
    r"\bbe had\b": "say 'is available' or 'get'",
    r"\bgiven up\b": "say 'cancelled' or 'stopped'",
    r"\bunder way\b": "say 'running'",
    r"\b(is|are) to be\b": "say 'must be', or use the imperative",
    r"(?<!here )\b(is|are) no (?!longer|more)": "say 'is not a …', or 'There is no …'",
    r"\b(known|here|there|running|stored) already\b": "say 'already known'",
    r"\b(this|that|the) (server|channel|guild) alone\b": "say 'only this server'",
    r"\b(do|does|did) it by (it|them)sel(f|ves)\b": "say 'automatically'",
    r"\b(throw|threw|thrown) (away|back)\b": "say 'discard' or 'reject'",
    r"\bwhat (is|was|are|were) (learned|said|kept|forgotten)\b": (
        "name the thing: 'learned messages'"
    ),
    r"\b(Who|Whoever|Whose|Whom)\b[^?]*\.": "start with the subject: 'Members who …'",
    r"(^|[.;] )What\b[^?]*[.;]": "start with the subject, not with a clause",
    r"\b(tells?|tell) (no|neither)\b": "say 'does not mark' or 'has no'",
    r"\bonce more\b": "say 'again'",
    r"\b(and|or) the like\b": "name the things",
    r"\bhand(s|ed)? out\b": "say 'provide' or 'give'",
    r"\banswer(s|ed)? for (that|it)\b": "say 'accept responsibility'",
    r"\b(settings|values?) (from before )?holds?\b": "say 'stay in effect'",
    r"\bto be (searched|looked) for\b": "say 'to search for'",
    r"\bare not known by\b": "say who does not recognize whom",
    r"\bout of a (backup|file)\b": "say 'from a backup'",
    r"\bthis machine\b": "say 'this computer' or 'here'",
}
FIRST_WORDS = (
    "What",
    "Who",
    "Whom",
    "Whose",
    "How",
    "Whether",
    "Which",
    "Where",
    "Why",
)


VERBS = ("Return", "Draw", "Yield", "List", "Run", "Show", "Make", "Find", "Get")
"""First words of what a function does, which name no class but a request."""


def faults(text: str) -> list[str]:
    """Name each banned phrasing in a text, with the remedy."""
    return [
        f"{found[0].strip()!r}: {remedy}"
        for pattern, remedy in BANNED.items()
        if (found := re.search(pattern, text))
    ]


def docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the docstring of every module, class, function and attribute."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for child in body if isinstance(body, list) else ():
            if (
                isinstance(child, ast.Expr)
                and isinstance(child.value, ast.Constant)
                and isinstance(child.value.value, str)
            ):
                yield child.value


def strings(tree: ast.AST, skipped: set[int]) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string that is not skipped, `…` for its values."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part for part in node.values if isinstance(part, ast.Constant)]
            skipped |= {id(part) for part in parts}
            yield (
                node.lineno,
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "…"
                    for part in node.values
                ),
            )
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in skipped
        ):
            yield node.lineno, node.value


def faults_of_strings(source: str, *, is_visible: bool) -> list[str]:
    """Name the faults in strings that people read: all of them, or errors' texts."""
    tree = ast.parse(source)
    skipped = {id(one) for one in docstrings(tree)}
    roots: list[ast.AST] = [tree]
    if not is_visible:
        roots = [
            argument
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id.endswith("Error")
            for argument in [*node.args, *(word.value for word in node.keywords)]
        ]
    return [
        f"{line}: {fault}"
        for root in roots
        for line, text in strings(root, skipped)
        if " " in text.strip()
        for fault in faults(text)
    ]


def faults_of_docstrings(source: str) -> list[str]:
    """Name the docstrings that begin with a question word."""
    return [
        f"{one.lineno}: begins with {first!r}: say what it is, or use the imperative"
        for one in docstrings(ast.parse(source))
        if (first := str(one.value).strip().partition(" ")[0]) in FIRST_WORDS
    ]


def faults_of_classes(source: str) -> list[str]:
    """Name the classes, other than requests, whose docstring gives an order."""
    return [
        f"{node.lineno}: {node.name} begins with {first!r}: say what it is"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
        and not any("Request" in ast.unparse(base) for base in node.bases)
        and (first := (ast.get_docstring(node) or "").partition(" ")[0]) in VERBS
    ]


def modules() -> list[Path]:
    return sorted((ROOT / "app").rglob("*.py"))


def test_strings_that_people_read_are_plain():
    found = {
        str(path.relative_to(ROOT)): some
        for path in modules()
        if (
            some := faults_of_strings(
                path.read_text(encoding="utf-8"),
                is_visible=path.relative_to(ROOT).parts[1] in VISIBLE,
            )
        )
    }
    assert found == {}


def test_docstrings_name_a_thing_or_an_act():
    found = {
        str(path.relative_to(ROOT)): some
        for path in modules()
        if (some := faults_of_docstrings(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_docstrings_of_classes_name_a_thing():
    found = {
        str(path.relative_to(ROOT)): some
        for path in modules()
        if (some := faults_of_classes(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_a_class_that_gives_an_order_is_found():
    planted = 'class A:\n    """Return the state."""'
    assert faults_of_classes(planted)
    assert not faults_of_classes(planted.replace("A", "A(Request[B])"))
    assert not faults_of_classes('class A:\n    """The state."""')


def test_papers_are_plain():
    found = [
        f"{path.name}:{number}: {fault}"
        for pattern in PAPERS
        for path in sorted(ROOT.glob(pattern))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for fault in faults(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "What one of them does not know is said; stop it.",
        "Who opts out with `/privacy opt-out` is not counted.",
        "Copy the token anew.",
        "Mend that line.",
        "Replies are held against messages.",
        "model.gguf is no LoRA adapter.",
        "No two replies could be had.",
        "Telegram tells no bots.",
        "It is damaged: get it once more.",
        "Devices and the like were skipped.",
        "Discord does not hand out that file.",
        "Repeat it with --yes if you answer for that.",
        "The settings from before hold.",
        "It is too large to be searched for in every message.",
        "Put back only the key, out of a backup of this home.",
    ],
)
def test_a_banned_phrasing_is_found_in_strings_and_errors(text):
    assert faults_of_strings(f"say({text!r})", is_visible=True)
    assert faults_of_strings(f'say(f"{text} {{name}}")', is_visible=True)
    assert faults_of_strings(f"raise AppError({text!r})", is_visible=False)
    assert not faults_of_strings(f"log({text!r})", is_visible=False)


def test_plain_sentences_pass():
    for text in (
        "There is no server here.",
        "What is the server's name?",
        "Try again.",
    ):
        assert faults(text) == []


@pytest.mark.parametrize(
    "source",
    [
        '"""What a guild sounds like."""',
        'class A:\n    """Whether it is there."""',
        'def f():\n    """How many there are."""',
        'x = 1\n"""Who wrote it."""',
    ],
)
def test_a_docstring_with_a_banned_first_word_is_found(source):
    assert faults_of_docstrings(source)
    assert not faults_of_docstrings('"""The voice of a guild."""')
