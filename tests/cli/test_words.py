"""The words of a command are taken in any order that makes sense."""

import pytest

from app.cli import _parser
from app.core.errors import UsageError
from tests.cli.commands import answer


def taken(line: str) -> dict[str, object]:
    words = line.split()
    module = "import_" if words[0] == "import" else words[0]
    return vars(_parser([module]).parse_args(words))


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("config get --guild den reply.dial", "reply.dial", None),
        ("config --guild den get reply.dial", "reply.dial", None),
        ("config get reply.dial --guild den", "reply.dial", None),
        ("config --guild den get", None, None),
        ("config set --guild den reply.dial 70", "reply.dial", "70"),
        ("config set reply.dial --guild den 70", "reply.dial", "70"),
        ("config set reply.dial --guild den", "reply.dial", None),
        ("config set reply.dial -5 --guild den", "reply.dial", "-5"),
        ("config --guild den set reply.persona -- --yes", "reply.persona", "--yes"),
    ],
)
def test_a_setting_is_named_before_or_after_its_server(line, key, value):
    found = taken(line)
    assert (found["guild"], found["key"], found["value"]) == ("den", key, value)


def test_other_commands_take_their_words_in_any_order_too():
    assert taken("models use --home here starter")["name"] == ["starter"]
    assert taken("models search qwen --home here 4b")["name"] == ["qwen", "4b"]
    assert taken("models use --home here starter")["home"] == "here"
    assert taken("import den a --channel hall b")["paths"] == ["a", "b"]
    assert taken("snapshot compare --guild den now --json then")["other"] == "then"
    assert taken("say --guild den -- --hello")["text"] == "--hello"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("config", "required: action"),
        ("config frob", "invalid choice: 'frob'"),
        ("config get --frob reply.dial", "--frob"),
        ("config get --guild den a b c", "arguments: c"),
        ("say hello", "required: --guild"),
        ("import den", "required: path"),
    ],
)
def test_what_is_missing_or_unknown_is_named(line, complaint):
    with pytest.raises(UsageError, match=complaint):
        taken(line)


def test_the_seed_is_asked_for_as_words(capsys):
    with pytest.raises(SystemExit):
        taken("say --help")
    assert "--seed WORDS" in capsys.readouterr().out


@pytest.mark.process
def test_the_command_line_asks_for_a_server_s_setting_either_way(home, export):
    answer(home, "import", "den", str(export))
    answer(home, "config", "set", "--guild", "den", "reply.dial", "33")
    asked = (["--guild", "den", "reply.dial"], ["reply.dial", "--guild", "den"])
    for words in asked:
        (found,) = answer(home, "config", "get", *words)
        assert (found["value"], found["origin"]) == (33, "guild")
