from pathlib import Path

import pytest

from app.cli import main
from app.core import secrets
from app.core.errors import ConfigError
from app.core.paths import Home
from app.importers import markov_discord_config
from app.settings.config_file import load

FILE = """{
  // the token of my bot
  token: "k5NzE2.not.real",
  "commandPrefix": "!old",
  messageCommandPrefix: '!say',
  slashCommandName: "parrot",
  activity: "\\"!say help\\" for help",
  ownerIds: ["82684276755136512", "1"],
  userRoleIds: ["734548250895319070"],
  stateSize: 3,
  minScore: 15,
  maxTries: 800,
  randomResponseChance: 0.1,
  bannedWords: ["fudge",],
  logLevel: "info",
}"""


def test_the_settings_of_the_original_become_ours(
    tmp_path: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.json5"
    file.write_text(FILE, encoding="utf-8")
    assert main(["--home", str(home.root), "config", "import", str(file)]) == 0
    config = load(home.config_file)
    assert (config.bot.prefix, config.bot.command) == ("!say", "parrot")
    assert config.bot.activity == '"!say help" for help'
    assert config.bot.owners == ["82684276755136512", "1"]
    assert config.bot.allowed_roles == ["734548250895319070"]
    assert (config.voice.state_size, config.voice.max_tries) == (3, 800)
    assert config.speak.join_in == 0.1
    assert config.learn.words == ["fudge"]
    assert secrets.get(home, "bot_token") == "k5NzE2.not.real"
    shown = capsys.readouterr().out
    assert "minScore is left out" in shown and "commandPrefix is left out" in shown
    assert "k5NzE2" not in shown


@pytest.mark.parametrize("text", ["{", "[1, 2]", '{"name": "package"}', ""])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        markov_discord_config.read(file)
