"""Words come in and go out by the gates that the architecture page names."""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

APP = Path(__file__).parent.parent / "app"

WRITES = {"create", "insert", "insert_many", "update", "replace", "bulk_create"}

WRITERS: Mapping[str, set[str]] = {
    "Message": {"store/messages.py", "store/authors.py"},
    "Attachment": {"store/messages.py"},
    "Reply": {
        "store/replies.py",
        "store/reply/outcomes.py",
        "store/forgetting.py",
    },
    "ReplySource": {"store/reply/reply_sources.py"},
    "Conversation": {"store/conversations.py"},
    "Member": {
        "store/members.py",
        "store/imports.py",
        "store/authors.py",
        "store/forgetting.py",
    },
    "Embedding": {"store/embeddings.py"},
}
"""The modules that write each table with words of chats; `authors` joins a proxied name
to its account."""

CALLERS: Mapping[str, set[str]] = {
    "messages.add": {"importers/message_intake.py"},
    "messages.add_many": {"store/imports.py"},
    "message_intake.store": {"service/voices/voice_keeper.py"},
    "message_intake.store_heard": {"service/voices/voice_keeper.py"},
    "message_intake.store_live": {"service/voices/voice_keeper.py"},
    "replies.add": {"replies/replier.py"},
    "replies.finish": {
        "replies/replier.py",
        "discord/controller.py",
        "store/reply/outcomes.py",
    },
    "conversations.summarise": {"service/summaries.py"},
    "fine_tuning.lines": {"service/handlers/fine_tuning.py"},
    "fine_tuning.judged": {"service/handlers/fine_tuning.py"},
    "logging.StreamHandler": {"service/logs.py"},
    "logging.basicConfig": {"runner/process.py"},
}
"""The modules that use each gate, by its module and name."""


LEAVES = {
    "respond", "reply", "send", "send_message", "send_response", "send_followup",
    "edit", "edit_message", "edit_original_response", "send_modal",
}  # fmt: skip
"""The methods by which py-cord lets words out."""

DOORS = {
    "discord/answers.py",
    "discord/safe_sender.py",
    # A webhook's own method, which only the safe sender calls.
    "discord/talk/character_hooks.py",
}

OF_MYNAH = {"answers", "delivery", "_delivery", "voices", "ports"}
"""Things with a method of such a name that sends nothing by itself."""


def let_out(tree: ast.AST) -> set[str]:
    """The methods of py-cord by which a module lets words out."""
    return {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEAVES
        and _name(node.func.value) not in OF_MYNAH
    }


def _name(value: ast.expr) -> str:
    return value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")


def test_words_leave_for_discord_by_its_doors_alone() -> None:
    found = {
        path.relative_to(APP).as_posix()
        for path in (APP / "discord").rglob("*.py")
        if let_out(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == DOORS


@pytest.mark.parametrize(
    "planted",
    ["context.respond('x')", "(await context.defer()).edit(content='x')",
     "interaction.response.send_message('x')", "message.channel.send('x')"],
)  # fmt: skip
def test_a_planted_door_to_discord_is_seen(planted: str) -> None:
    assert let_out(ast.parse(f"async def f():\n    {planted}"))


@cache
def modules() -> list[tuple[str, set[str], set[str]]]:
    """Every module, the tables it writes, and the names of others that it uses."""
    found = []
    for path in sorted(APP.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found.append((path.relative_to(APP).as_posix(), written(tree), used(tree)))
    return found


def written(tree: ast.Module) -> set[str]:
    """The tables that a module writes, by peewee or by `insert_new`."""
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr in WRITES:
            if isinstance(func.value, ast.Name):
                found.add(func.value.id)
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if name == "insert_new" and isinstance(node.args[1], ast.Constant):
            words = str(node.args[1].value).split("_")
            found.add("".join(word.title() for word in words))
    return found


def used(tree: ast.Module) -> set[str]:
    """The names of other modules that a module uses, as `module.name`."""
    return {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }


@pytest.mark.parametrize("table", WRITERS)
def test_words_are_written_in_the_tables_own_modules_alone(table: str) -> None:
    assert {name for name, tables, _ in modules() if table in tables} == WRITERS[table]


@pytest.mark.parametrize("gate", CALLERS)
def test_a_gate_is_used_where_the_page_says(gate: str) -> None:
    assert {name for name, _, names in modules() if gate in names} == CALLERS[gate]


def test_messages_are_stored_by_the_function_that_asks_the_tombstones_alone() -> None:
    tree = ast.parse((APP / "store" / "messages.py").read_text(encoding="utf-8"))
    inside = {
        function.name: {
            node.func.id
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        for function in tree.body
        if isinstance(function, ast.FunctionDef)
    }
    assert {name for name, calls in inside.items() if "_insert" in calls} == {
        "add_many"
    }
    assert "_forgotten" in inside["add_many"]


@pytest.mark.parametrize(
    "planted",
    ["Message.create(text='x')", "statements.insert_new(bound(), 'message', (), ())"],
)
def test_a_planted_way_past_a_gate_is_seen(planted: str) -> None:
    assert "Message" in written(ast.parse(planted))
