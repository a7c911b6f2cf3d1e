"""An address of a database leads where it says, with no secret in it."""

from pathlib import Path

import pytest

from app.core import secrets
from app.core.errors import ConfigError
from app.core.paths import Home
from app.store.engines import address
from app.store.engines.address import StoreAddress, parse, place_of


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://mynah@localhost/mynah",
        "postgresql://mynah@db.example:5433/mynah?sslmode=verify-full",
        "postgresql://%40nn@[::1]:5432/my%20db",
        "postgresql://mynah@/mynah?host=/var/run/postgresql",
        "postgresql://10.0.0.5/mynah?connect_timeout=3",
    ],
)
def test_what_is_read_is_what_is_written(text: str) -> None:
    assert str(parse(text)) == text


def test_words_go_through_a_network_in_tls_unless_the_owner_says_otherwise() -> None:
    def mode(text: str) -> object:
        return parse(text).parameters()["sslmode"]

    assert mode("postgresql://a@db.example/b") == "require"
    assert mode("postgresql://a@127.0.0.1.nip.io/b") == "require"
    assert mode("postgresql://a@192.168.0.7/b") == "require"
    assert mode("postgresql://a@db.example/b?sslmode=verify-full") == "verify-full"
    assert mode("postgresql://a@db.example/b?sslmode=disable") == "disable"
    for here in ("localhost/b", "127.0.0.1/b", "[::1]/b", "/b?host=/run/postgresql"):
        assert mode(f"postgresql://{here}") == "prefer"


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://a:hunter2@localhost/b",
        "postgresql://a:@localhost/b",
        "postgresql://a@localhost/b?password=hunter2",
        "postgresql://a@localhost/b?passfile=/tmp/hunter2",
    ],
)
def test_a_password_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError, match="password") as caught:
        parse(text)
    assert "hunter2" not in str(caught.value)
    assert "mynah config set store_password" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "mysql://a@localhost/b",
        "postgresql://a@localhost",
        "postgresql://a@localhost/",
        "postgresql://a@localhost/b/c",
        "postgresql:///b",
        "postgresql://a@one,two/b",
        "postgresql://a@localhost:port/b",
        "postgresql://a@localhost/b#c",
        "postgresql://a@localhost/b?host=evil.example",
        "postgresql://a@localhost/b?hostaddr=9.9.9.9",
        "postgresql://a@localhost/b?service=other",
        "postgresql://a@localhost/b?options=-csearch_path%3Dx",
        "postgresql://a@localhost/b?sslmode=off",
        "postgresql://a@localhost/b%00c",
        "postgresql://a@localhost/b%1b%5b2J",
        "postgresql://a@[::1/b",
    ],
)
def test_what_leads_elsewhere_or_nowhere_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"store\.url") as caught:
        parse(text)
    assert caught.value.message.isprintable()


def test_the_password_is_in_no_text_of_an_address(home: Home) -> None:
    secrets.put(home, address.PASSWORD, "hunter2")
    home.config_file.write_text('[store]\nurl = "postgresql://a@localhost/b"\n')
    place = place_of(home)
    assert isinstance(place, StoreAddress)
    assert place.parameters()["password"] == "hunter2"
    assert place.home == home.root
    assert "hunter2" not in f"{place} {place!r}"


def test_without_a_password_postgresql_looks_into_its_own_file(home: Home) -> None:
    home.config_file.write_text('[store]\nurl = "postgresql://a@localhost/b"\n')
    place = place_of(home)
    assert isinstance(place, StoreAddress) and "password" not in place.parameters()


@pytest.mark.parametrize(
    "text", ["", "[bot]\n", "[store]\n", '[store]\nurl = ""\n', "[[[", "store = 3"]
)
def test_a_home_is_in_its_file_unless_another_place_is_named(
    text: str, home: Home
) -> None:
    assert place_of(home) == home.database
    home.config_file.write_text(text)
    assert place_of(home) == home.database


@pytest.mark.parametrize(
    "text",
    [
        '[store]\nurl = "postgresql://a@localhost/b"\n[[[',
        "[bot\nstore.url = 'postgresql://a@localhost/b'",
    ],
)
def test_settings_that_cannot_be_read_lead_to_no_second_database(
    text: str, home: Home
) -> None:
    home.config_file.write_text(text)
    with pytest.raises(ConfigError, match="names the database"):
        place_of(home)


def test_a_home_without_a_folder_is_in_its_file(tmp_path: Path) -> None:
    home = Home(tmp_path / "none")
    assert place_of(home) == home.database
