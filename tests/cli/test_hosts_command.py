"""`mynah hosts` as a person types it."""

from app.core.paths import Home
from tests.cli.commands import answer, mynah


def test_a_host_is_added_listed_chosen_and_removed(home: Home):
    done = mynah(home, "hosts", "add", "groq")
    assert done.returncode == 0, done.stderr
    assert "https://api.groq.com/openai/v1/" in done.stdout
    assert "`mynah config set groq_key`" in done.stdout
    assert "hosts.groq.daily_tokens" in done.stdout
    names = {host["name"]: host for host in answer(home, "hosts", "list")}
    assert list(names) == ["openai", "groq"]
    assert (names["groq"]["price"], names["groq"]["has_key"]) == ("unknown", False)
    refused = mynah(home, "hosts", "use", "groq")
    assert refused.returncode == 64 and "leave this computer" in refused.stderr
    assert mynah(home, "hosts", "use", "groq", "--yes").returncode == 0
    assert "groq" in mynah(home, "hosts", "remove", "groq").stderr
    mynah(home, "config", "set", "reply.provider", "local")
    assert mynah(home, "hosts", "remove", "groq").returncode == 0
