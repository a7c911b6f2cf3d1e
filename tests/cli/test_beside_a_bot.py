"""A bot runs, and other processes of the same home come by."""

import json
import os
import socket
import subprocess
import sys

import pytest

from app.core.paths import Home
from app.core.system import private
from tests.cli.commands import LINES, Bot, answer, mynah

pytestmark = pytest.mark.process


def test_commands_are_carried_out_by_the_running_bot(home, bot, export):
    (counts,) = answer(home, "import", "den", str(export))
    assert (counts["read"], counts["added"]) == (5, 5)
    (again,) = answer(home, "import", "den", str(export))
    assert (again["added"], again["duplicates"]) == (0, 5)
    (guild,) = answer(home, "guilds")
    assert (guild["guild"], guild["messages"]) == ("den", 5)
    (said,) = answer(home, "say", "--guild", "den", "--mode", "markov", "cat?")
    assert said["provider"] == "markov"
    assert set(said["sources"]) <= {str(number) for number in range(5)}
    (gone,) = answer(home, "forget", "--guild", "den", "--message", "0", "2")
    assert (gone["messages"], gone["complete"]) == (2, True)
    (guild,) = answer(home, "guilds")
    assert guild["messages"] == 3
    assert bot.process.poll() is None
    assert bot.end() == 0
    assert not home.endpoint_file.exists()


def test_a_conversation_on_stdin_is_answered_line_by_line(home, bot, export):
    answer(home, "import", "den", str(export))
    said = answer(
        home, "say", "--guild", "den", "--mode", "markov", "-", stdin="a\nb\n\nc\n"
    )
    assert len(said) == 3


def test_a_second_bot_of_the_same_home_is_refused(home, bot):
    second = mynah(home, "serve")
    assert second.returncode == 69
    assert "already" in second.stderr
    assert len(second.stderr.splitlines()) == 1
    assert bot.process.poll() is None


def test_a_process_without_the_key_gets_nothing(home, bot):
    port = bot.endpoint.port
    for attempt in (
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\n\r\n",
        b'{"id": 1, "method": "guilds", "params": {}}\n',
        b"0" * 64 + b'\n{"id": 1, "method": "shutdown", "params": {}}\n',
        os.urandom(5000),
        b"",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
            link.sendall(attempt)
            link.shutdown(socket.SHUT_WR)
            try:
                assert link.recv(1000) == b""
            except ConnectionResetError:
                pass
    assert answer(home, "guilds") == []
    assert not private.is_open(home.endpoint_file)


def test_the_endpoint_of_a_killed_bot_is_recognised(home, export):
    killed = Bot(home)
    answer(home, "import", "den", str(export))
    killed.kill()
    assert home.endpoint_file.exists()
    (guild,) = answer(home, "guilds")
    assert guild["messages"] == 5
    new = Bot(home)
    assert new.endpoint != killed.endpoint
    assert len(answer(home, "guilds")) == 1
    assert new.end() == 0


def test_a_port_taken_over_by_a_stranger_is_not_trusted(home, export):
    killed = Bot(home)
    killed.kill()
    with socket.create_server(("127.0.0.1", killed.endpoint.port)) as stranger:
        stranger.settimeout(20)
        asking = subprocess.Popen(
            [sys.executable, "-m", "app", "guilds", "--json", "--home", home.root],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        link, _ = stranger.accept()
        with link:
            heard = link.recv(1000)
            link.sendall(b"1" * 64 + b"\n")
            assert killed.endpoint.key.encode() not in heard
            out, err = asking.communicate(timeout=30)
    assert asking.returncode == 0, err
    assert out == b""


def test_without_a_bot_a_command_works_by_itself_and_leaves_nothing_running(
    home, export
):
    answer(home, "import", "den", str(export))
    assert len(answer(home, "guilds")) == 1
    assert not home.endpoint_file.exists()


def test_two_commands_at_once_take_turns(home, export):
    answer(home, "import", "den", str(export))
    words = [sys.executable, "-m", "app", "guilds", "--json", "--home", str(home.root)]
    both = [subprocess.Popen(words, stdout=subprocess.PIPE) for _ in range(3)]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0, 0]
    assert all(json.loads(output)["messages"] == 5 for output in outputs)


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["say", "--guild", "nope", "hi"], 64, "There is no server 'nope'"),
        (["say", "hi"], 64, "--guild"),
        (["import", "den", "/no/such/file"], 64, "There is no file"),
        (["config", "set", "reply.dail", "3"], 78, "Did you mean reply.dial?"),
        (["config", "set", "reply.dial", "300"], 78, "0 up to 100"),
        (["config", "set", "openai_key", "sk-1"], 64, "Other people on this computer"),
        (["config", "set", "reply.provider", "openai"], 64, "leave this computer"),
        (["models", "pull", "nope"], 64, "There is no model 'nope'"),
        (["models", "load", "starter"], 64, "Only the model in use is loaded"),
        (["models", "unload"], 69, "No bot is running, so no model is loaded."),
        (["frobnicate"], 64, "frobnicate"),
    ],
)
def test_an_error_is_one_line_with_the_way_out(home, words, code, text):
    done = mynah(home, *words)
    assert done.returncode == code, done.stderr
    assert text in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_broken_setting_is_pointed_at(home):
    home.config_file.write_text("[reply]\ndail = 3\n", encoding="utf-8")
    done = mynah(home, "guilds")
    assert done.returncode == 78
    assert "reply.dail" in done.stderr


def test_a_key_from_stdin_is_kept_where_only_the_owner_reads(home):
    secret = "sk-test-0123456789abcdef"
    done = mynah(home, "config", "set", "openai_key", stdin=secret + "\n")
    assert done.returncode == 0, done.stderr
    assert secret not in done.stdout + done.stderr
    assert not private.is_open(home.secrets_file)
    assert secret in home.secrets_file.read_text(encoding="utf-8")


def test_a_backup_makes_the_same_home_elsewhere(home, export, tmp_path):
    answer(home, "import", "den", str(export))
    target = tmp_path / "copy.zip"
    answer(home, "backup", str(target))
    other = Home(tmp_path / "other")
    answer(other, "restore", str(target))
    (guild,) = answer(other, "guilds")
    assert guild["messages"] == 5
    (said,) = answer(other, "say", "--guild", "den", "--mode", "markov", "cat")
    assert said["sources"]
    assert mynah(other, "restore", str(target)).returncode == 64


def test_a_backup_replaces_a_file_only_when_told_to(home, export, tmp_path):
    answer(home, "import", "den", str(export))
    target = tmp_path / "copy.zip"
    target.write_text("mine", encoding="utf-8")
    refused = mynah(home, "backup", str(target))
    assert refused.returncode == 64 and "--overwrite" in refused.stderr
    assert target.read_text(encoding="utf-8") == "mine"
    answer(home, "backup", str(target), "--overwrite")
    assert target.read_bytes().startswith(b"PK")


def test_an_export_can_be_imported_elsewhere(home, export, tmp_path):
    answer(home, "import", "den", str(export))
    target = tmp_path / "out.jsonl"
    (done,) = answer(home, "export", "--guild", "den", "--to", str(target))
    assert done["messages"] == 5
    other = Home(tmp_path / "other")
    (counts,) = answer(other, "import", "den", str(target))
    assert counts["added"] == 5
    texts = [
        json.loads(line)["text"] for line in target.read_text("utf-8").splitlines()
    ]
    assert texts == LINES
