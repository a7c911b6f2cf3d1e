from pathlib import Path

import pytest

from app.core.errors import ConfigError
from app.settings import config_file, setting_keys
from app.settings.schema import Config


def test_a_missing_file_means_all_defaults(tmp_path: Path):
    assert config_file.load(tmp_path / "config.toml") == Config()


def test_a_saved_value_is_loaded_and_comments_stay(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text("# mine\n[reply]\ndial = 10  # low\n")
    config_file.save(path, "reply.mode", "llm")
    config_file.save(path, "speak.wake_words", ["mynah", "bird"])
    loaded = config_file.load(path)
    assert (loaded.reply.dial, loaded.reply.mode) == (10, "llm")
    assert loaded.speak.wake_words == ["mynah", "bird"]
    assert "# mine" in path.read_text("utf-8") and "# low" in path.read_text("utf-8")


def test_a_reset_value_is_the_default_again(tmp_path: Path):
    path = tmp_path / "config.toml"
    config_file.save(path, "reply.dial", 70)
    config_file.save(path, "reply.dial", None)
    assert config_file.load(path).reply.dial == Config().reply.dial


def test_an_unknown_key_is_refused_with_a_suggestion(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text("[reply]\ndail = 10\n")
    with pytest.raises(ConfigError, match="Did you mean reply.dial"):
        config_file.load(path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[reply\n", "cannot be read"),
        ("reply = 3\n", "section"),
        ("[reply]\ndial = 101\n", "from 0 up to 100"),
        ("[reply]\ndial = true\n", "whole number"),
        ("[reply]\nmode = 'loud'\n", "one of"),
        ("[speak]\nwake_words = [1]\n", "takes a list"),
        ("# mine\n\n[reply]\ndail = 10\n", "line 4: There is no setting reply.dail"),
        ("[bot]\nname = 'B'\n[ replay ]\nmode='llm'\n", "line 4: .*reply.mode"),
        ("reply.dial = 101\n", "line 1: reply.dial takes"),
        ("[reply]\n'dial' = 101\n", "config.toml: reply.dial takes"),
    ],
)
def test_a_broken_file_says_what_is_wrong(tmp_path: Path, text: str, reason: str):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=reason):
        config_file.load(path)


def test_a_file_that_is_no_utf_8_says_so(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_bytes(b"[bot]\nname = '\xe4'\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        config_file.load(path)


def test_a_file_saved_by_notepad_is_read(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf[reply]\r\ndial = 70\r\n")
    assert config_file.load(path).reply.dial == 70
    config_file.save(path, "reply.dial", 60)
    assert config_file.load(path).reply.dial == 60


@pytest.mark.parametrize(
    "text",
    [
        "hosts = {a = {base_url = 'http://10.0.0.2/v1/'}}\n",
        "hosts = {}\n[reply]\ndial = 10\n",
        "hosts.a = {base_url = 'http://10.0.0.2/v1/'}\n",
        "hosts.a.base_url = 'http://10.0.0.2/v1/'\n[reply]\ndial = 10\n",
        "[hosts]\na = {base_url = 'http://10.0.0.2/v1/'}\n",
        "[hosts.a]\nbase_url = 'http://10.0.0.2/v1/'\n[reply]\ndial = 10\n",
    ],
)
def test_a_host_comes_and_goes_however_the_others_are_written(
    tmp_path: Path, text: str
):
    path = tmp_path / "config.toml"
    path.write_text(text)
    before = config_file.stored(path)
    config_file.save(path, "hosts.b.base_url", "http://10.0.0.3/v1/")
    config_file.save(path, "hosts.b.model", "m")
    new = {"hosts.b.base_url": "http://10.0.0.3/v1/", "hosts.b.model": "m"}
    assert config_file.stored(path) == before | new
    config_file.remove_host(path, "b")
    assert config_file.stored(path) == before


def test_saving_into_a_broken_file_leaves_it_alone(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text("[reply\n")
    with pytest.raises(ConfigError):
        config_file.save(path, "reply.dial", 10)
    assert path.read_text("utf-8") == "[reply\n"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("reply.dial", "70", 70),
        ("reply.stream", "on", True),
        ("speak.join_in", "0.25", 0.25),
        ("speak.wake_words", "mynah, bird,", ["mynah", "bird"]),
        ("reply.persona", "a bird", "a bird"),
    ],
)
def test_typed_text_becomes_the_settings_own_type(name, text, value):
    assert setting_keys.from_text(name, text) == value


@pytest.mark.parametrize(
    ("name", "text"), [("reply.dial", "x"), ("reply.stream", "maybe")]
)
def test_typed_text_that_does_not_fit_is_refused(name, text):
    with pytest.raises(ConfigError):
        setting_keys.from_text(name, text)


def test_every_setting_is_documented_and_its_default_fits():
    for key in setting_keys.keys().values():
        assert key.doc.endswith("."), key.name
        assert setting_keys.check(key.name, key.default) == key.default


def test_a_windows_path_in_double_quotes_gets_a_hint(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text('[model]\nname = "C:\\Users\\me\\x.gguf"\n')
    with pytest.raises(ConfigError, match="single quotes"):
        config_file.load(path)


def test_a_folder_in_place_of_the_file_is_one_sentence(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.mkdir()
    with pytest.raises(ConfigError, match="is a folder, not a file"):
        config_file.load(path)


def test_replies_from_a_host_that_the_file_does_not_have_are_refused(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('[reply]\nprovider = "local, nowhere"\n')
    with pytest.raises(ConfigError, match="line 2: There is no host 'nowhere'"):
        config_file.load(path)
    path.write_text(
        path.read_text("utf-8") + '[hosts.nowhere]\nbase_url = "http://pc.lan/"\n'
    )
    assert config_file.load(path).reply.provider == "local, nowhere"


def test_an_error_in_a_table_of_one_line_names_that_line(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('[hosts]\npc = {base_url = "http://pc.lan/", nope = 1}\n')
    with pytest.raises(ConfigError, match=r"line 2: There is no setting hosts\.pc\."):
        config_file.load(path)
