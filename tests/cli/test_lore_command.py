"""`mynah lore`, as a person types it."""

from app.core.paths import Home
from app.store import guilds
from app.store.database import Database
from tests.cli.commands import answer, mynah


def test_entries_are_written_listed_shown_and_removed(home: Home) -> None:
    with Database(home.database) as database:
        database.call(guilds.ensure, "den")
    text = "No spam.\x1b[31m"
    add = ("lore", "add", "--guild", "den", "Rules", text, "--words", "rules, ban")
    assert mynah(home, *add).stdout == "Replies are told of Rules.\n"
    (listed,) = answer(home, "lore", "list", "--guild", "den")
    assert listed["words"] == ["rules", "ban"] and "\x1b" not in listed["text"]
    shown = mynah(home, "lore", "show", "--guild", "den", "rules").stdout
    assert "rules, ban" in shown and "No spam." in shown and "\x1b" not in shown
    gone = mynah(home, "lore", "remove", "--guild", "den", "rules")
    assert gone.stdout == "Removed Rules.\n"
    missing = mynah(home, "lore", "show", "--guild", "den", "rules")
    assert missing.returncode == 64 and "There is no entry 'rules'" in missing.stderr
