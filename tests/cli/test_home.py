"""A home over the years: edited, backed up, reported on, and taken away."""

import json
import re
import time
import zipfile
from pathlib import Path

import pytest

from app.core.paths import Home
from tests import hub_stand_in
from tests.cli.commands import Bot, answer, mynah
from tests.hub_stand_in import CATALOGUE, Hub
from tests.modelfiles.test_elsewhere import blob, manifest, weights

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent.parent
TOKEN = "MTA" + "x" * 23 + ".GabcdE." + "y" * 30
KEY = "sk-canary-0123456789abcdef"
PLAIN = "open sesame"
"""A key that looks like none."""

STRANGE = "sk-stranger-0123456789abcdef"
"""A key that this home does not know."""

CHAT = "plumbago wisteria"


def wait_for(condition, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


def setting(home: Home, name: str) -> object:
    (found,) = answer(home, "config", "get", name)
    return found["value"]


def test_a_running_bot_follows_its_settings_file(home, bot):
    home.config_file.write_text("[reply]\ndial = 70\n", encoding="utf-8")
    wait_for(lambda: setting(home, "reply.dial") == 70)
    home.config_file.write_text("[reply]\ndail = 80\n", encoding="utf-8")
    assert setting(home, "reply.dial") == 70
    wait_for(lambda: "line 2" in home.log_file.read_text(encoding="utf-8"))
    done = mynah(home, "doctor")
    assert done.returncode == 69
    assert re.search(
        r"BAD +settings .*line 2.*\n.*Did you mean reply.dial", done.stdout
    )
    refused = mynah(home, "config", "set", "reply.mode", "llm")
    assert refused.returncode == 78 and "line 2" in refused.stderr
    home.config_file.write_text("[reply]\ndial = 80\n", encoding="utf-8")
    wait_for(lambda: setting(home, "reply.dial") == 80)


def test_a_backup_of_a_running_home_is_whole(home, bot, export, tmp_path):
    answer(home, "import", "den", str(export))
    answer(home, "config", "set", "reply.dial", "70")
    target = tmp_path / "copy.zip"
    answer(home, "backup", str(target))
    answer(home, "forget", "--guild", "den", "--everything")
    assert bot.process.poll() is None
    other = Home(tmp_path / "other")
    answer(other, "restore", str(target))
    (guild,) = answer(other, "guilds")
    assert guild["messages"] == 5
    assert setting(other, "reply.dial") == 70


def test_an_import_counts_what_was_forgotten_until_the_owner_takes_it_back(
    home, bot, export
):
    answer(home, "import", "den", str(export))
    answer(home, "forget", "--guild", "den", "--message", "0", "2")
    told = mynah(home, "import", "den", str(export)).stdout
    assert "2 left out: forgotten" in told and "mynah forget --undo" in told
    refused = mynah(home, "forget", "--guild", "den", "--channel", "c", "--undo")
    assert (
        refused.returncode == 64 and "cannot be restored one by one" in refused.stderr
    )
    undo = ("forget", "--guild", "den", "--everything", "--undo")
    assert "You can learn it again" in mynah(home, *undo).stdout
    assert "nothing to undo" in mynah(home, *undo).stdout
    (counts,) = answer(home, "import", "den", str(export))
    assert counts["added"] == 2 and "forgotten" not in counts["reasons"]


def test_everything_in_a_used_home_is_in_the_documented_tree(home, bot, export):
    answer(home, "import", "den", str(export))
    answer(home, "config", "set", "reply.dial", "70")
    answer(home, "config", "set", "openai_key", stdin=KEY + "\n")
    answer(home, "say", "--guild", "den", "--mode", "markov", "cat?")
    known = {path for paths in home.present().values() for path in paths}
    assert set(home.root.iterdir()) == known


@pytest.fixture
def spilled(home, bot, tmp_path):
    """A home with secrets and chat text wherever they can come to lie."""
    rows = tmp_path / "rows.jsonl"
    row = {"guild": "Secret Garden", "channel": "roses", "id": "1", "author": "Agatha"}
    row |= {"ts": "2024-01-01T00:00:00Z", "text": f"{CHAT} again"}
    rows.write_text(json.dumps(row), encoding="utf-8")
    answer(home, "import", "Secret Garden", str(rows))
    answer(home, "config", "set", "reply.persona", CHAT)
    answer(home, "config", "set", "bot_token", stdin=TOKEN + "\n")
    answer(home, "config", "set", "openai_key", stdin=KEY + "\n")
    answer(home, "config", "set", "server_key", stdin=PLAIN + "\n")
    answer(home, "say", "--guild", "Secret Garden", "--mode", "markov", CHAT)
    with home.log_file.open("a", encoding="utf-8") as log:
        log.write(f"2026 ERROR app.discord: it failed for Secret Garden with {KEY}\n")
        log.write("2026 WARNING app.discord: nothing can be said in #roses\n")
        log.write(f"2026 WARNING app.discord: {STRANGE} is nobody's key, {PLAIN} is\n")
        log.write("Traceback (most recent call last):\n  File 'x.py', line 1\n")
        log.write(f"app.core.errors.AppError: cannot say {CHAT}\n")
        log.write(f"{CHAT} on a line of its own\n  | ValueError: {CHAT}\n{CHAT}: x\n")
        log.write(f"  + Exception Group Traceback (most recent call last):\n{CHAT}\n")
        told = {"time": "2026-11-29T11:10:11.997219+00:00", "level": "error"}
        told |= {"logger": "app.x", "message": f"it is in JSON for {KEY}\n{CHAT}"}
        error = (
            f"Traceback (most recent call last):\n  File 'x.py', line 1\nXError: {CHAT}"
        )
        log.write(json.dumps({**told, "error": error}) + "\n")
    return home


def test_a_report_holds_no_secret_and_no_chat_text(spilled, tmp_path):
    target = tmp_path / "report.zip"
    (done,) = answer(spilled, "report", str(target))
    with zipfile.ZipFile(target) as bundle:
        files = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert set(done["holds"]) == set(files)
    text = "\n".join(files.values())
    for canary in (
        TOKEN,
        KEY,
        PLAIN,
        STRANGE,
        "plumbago",
        "wisteria",
        "Secret Garden",
        "Agatha",
    ):
        assert canary not in text, canary
    for canary in (str(spilled.root), "roses"):
        assert canary not in text, canary
    assert "[secret]" in files["logs/mynah.log"]
    record = "2026-11-29T11:10:11.997219+00:00 ERROR app.x: it is in JSON for [secret]"
    assert f"{record}\n" in files["logs/mynah.log"]
    assert "XError: [left out]" in files["logs/mynah.log"]
    assert "app.core.errors.AppError: [left out]" in files["logs/mynah.log"]
    assert json.loads(files["settings.json"])["reply.persona"] == "[17 characters]"
    (guild,) = json.loads(files["servers.json"])
    assert guild["messages"] == 1
    names = {check["name"] for check in json.loads(files["doctor.json"])}
    assert {"settings", "database", "disk"} <= names
    assert json.loads(files["about.json"])["sqlite"]


def test_a_report_is_written_when_nothing_else_works(home, tmp_path):
    home.config_file.write_text("[reply]\ndail = 80\n", encoding="utf-8")
    home.database.write_bytes(b"no database" * 1000)
    target = tmp_path / "report.zip"
    assert mynah(home, "report", str(target)).returncode == 0
    with zipfile.ZipFile(target) as bundle:
        bad = [one for one in json.loads(bundle.read("doctor.json")) if not one["ok"]]
        assert bad and all(check["hint"] for check in bad)
        assert "reply.dial" in bundle.read("settings.json").decode()


def test_a_dry_run_lists_what_would_go_and_deletes_nothing(spilled):
    before = sorted(spilled.root.rglob("*"))
    (found,) = answer(spilled, "uninstall", "--dry-run")
    assert not found["deleted"]
    assert {"mynah.db", "guilds", "config.toml", "logs"} <= set(found["parts"])
    assert set(found["secrets"]) == {"bot_token", "openai_key", "server_key"}
    assert sorted(spilled.root.rglob("*")) == before


def test_uninstalling_takes_everything_of_mynah_and_nothing_else(home, export):
    answer(home, "import", "den", str(export))
    answer(home, "config", "set", "openai_key", stdin=KEY + "\n")
    own = home.root / "holiday.txt"
    own.write_text("mine", encoding="utf-8")
    asked = mynah(home, "uninstall")
    assert asked.returncode == 69 and "--yes" in asked.stderr
    assert home.database.exists()
    assert mynah(home, "uninstall", "--yes").returncode == 0
    assert list(home.root.iterdir()) == [own]
    own.unlink()
    answer(home, "import", "den", str(export))
    assert mynah(home, "uninstall", "--yes").returncode == 0
    assert not home.root.exists()


def test_a_running_bot_is_not_uninstalled_under_its_feet(home, bot: Bot):
    refused = mynah(home, "uninstall", "--yes")
    assert refused.returncode == 69 and "stop it" in refused.stderr
    assert home.database.exists()
    assert bot.end() == 0


def test_models_of_other_programs_are_found_by_command(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "user"))
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "models"))
    manifest(
        tmp_path / "models", "registry.ollama.ai/library/little/1b",
        weights(blob(tmp_path / "models")),
    )  # fmt: skip
    told = mynah(home, "models", "found").stdout
    assert "little:1b" in told and "mynah models use" in told
    (model,) = answer(home, "models", "found")
    assert Path(model["name"]).is_file() and model["title"] == "little:1b"


def test_models_of_a_hub_are_searched_by_command(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hub_stand_in.running(Hub(bytes(3_000_000), models=CATALOGUE)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        place = hub.url.removeprefix("http://")
        listed = mynah(home, "models", "search", "qwen", "4b")
        assert f"Asking {place} for “qwen 4b”…" in listed.stderr
        assert "unsloth/Qwen3-4B-GGUF  4.0B, apache-2.0, fetched 1,204" in listed.stdout
        assert "tiny" not in listed.stdout
        told = mynah(home, "models", "search", "unsloth/Qwen3-4B-GGUF").stdout
        assert "Qwen3-4B-Q4_K_M.gguf  2.5 GB  Q4_K_M, about 4.1 GB of memory" in told
        assert "Left out: 2 parts, 1 projector, 1 file." in told
        name = "someone/tiny-Qwen-GGUF"
        (file,) = answer(home, "models", "search", name)
        assert f"mynah models pull {file['address']}" in (
            mynah(home, "models", "search", name).stdout
        )
        pulled = mynah(home, "models", "pull", file["address"])
        assert "someone-tiny-qwen.q4-0 is here" in pulled.stdout
        assert (home.models / "someone-tiny-qwen.q4-0.gguf").is_file()
        gated = mynah(home, "models", "search", "meta/Llama-Qwen-GGUF").stdout
        assert "Only accounts that agreed" in gated
        nothing = mynah(home, "models", "search", "nobody")
        assert "no GGUF model of that name" in nothing.stdout and not nothing.returncode
        nowhere = mynah(home, "models", "search", "no/body")
        assert nowhere.returncode and "or it is private" in nowhere.stderr
    two = mynah(home, "models", "use", "one", "two")
    assert two.returncode == 64 and "Name one model." in two.stderr
