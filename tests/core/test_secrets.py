import pytest

from app.core import secrets
from app.core.errors import AppError, ConfigError
from app.core.paths import Home
from app.core.system import private
from tests.keyring_stand_in import Ring


def test_a_secret_without_a_keyring_lies_in_a_file_of_the_owner_alone(home: Home):
    place = secrets.put(home, "openai_key", "sk-1")
    assert str(home.secrets_file) in place
    assert secrets.get(home, "openai_key") == "sk-1"
    assert not private.is_open(home.secrets_file)


def test_the_environment_comes_first(home: Home, monkeypatch: pytest.MonkeyPatch):
    secrets.put(home, "openai_key", "sk-file")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    assert secrets.get(home, "openai_key") == "sk-env"


def test_a_deleted_secret_is_gone_from_the_file(home: Home):
    secrets.put(home, "bot_token", "token-1")
    secrets.put(home, "openai_key", "sk-1")
    secrets.put(home, "bot_token", None)
    assert secrets.get(home, "bot_token") is None
    assert b"token-1" not in home.secrets_file.read_bytes()
    assert secrets.get(home, "openai_key") == "sk-1"


@pytest.mark.parametrize(
    "text", ["{", "[]", "7", "null", '{"bot_token": 1}', '{"bot_token": ["x"]}', "\0"]
)
def test_a_broken_file_says_what_to_do(home: Home, text: str):
    home.secrets_file.write_text(text)
    with pytest.raises(ConfigError, match="enter the keys again"):
        secrets.get(home, "bot_token")


def test_a_keyring_is_asked_once_until_something_is_put(home: Home, ring: Ring):
    for value in ("sk-1", "sk-2"):
        assert "keyring" in secrets.put(home, "openai_key", value)
        assert [secrets.get(home, "openai_key") for _ in range(3)] == [value] * 3
    assert ring.asked == 2
    assert secrets.kept(home) == ["openai_key"]
    secrets.put(home, "openai_key", None)
    assert secrets.get(home, "openai_key") is None and ring.kept == {}


def test_a_locked_keyring_holds_nothing_and_refuses(home: Home, ring: Ring):
    ring.is_locked = True
    assert secrets.get(home, "bot_token") is None
    with pytest.raises(AppError, match="nobody typed the password"):
        secrets.put(home, "bot_token", "token-1")
