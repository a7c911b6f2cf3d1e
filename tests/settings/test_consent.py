"""Consent names its host and purpose, and is given by no other way than being asked."""

import pytest

from app.core.errors import ConfigError, UsageError
from app.settings.config_file import load
from app.settings.consent import ConsentError, is_question, what_leaves
from app.settings.effective import Settings
from app.store import guilds
from app.store.database import Database


@pytest.fixture
def database(home):
    with Database(home.database) as database:
        yield database


@pytest.fixture
def settings(home, database):
    return Settings(home, database)


@pytest.fixture
def guild(database):
    return database.call(guilds.ensure, "den").id


def test_a_question_is_known_in_every_process_and_names_the_host():
    error = ConsentError(what_leaves("host.example", "replies"))
    assert "leave this computer" in error.message and "host.example" in error.message
    assert is_question(error)
    assert is_question(UsageError(error.message, error.hint))
    assert not is_question(UsageError(error.message))


async def test_consent_to_one_host_is_none_to_another(settings, guild):
    await settings.change("openai.base_url", "https://one.example/v1")
    with pytest.raises(ConsentError, match=r"one\.example"):
        await settings.change("reply.provider", "openai", guild)
    await settings.change("reply.provider", "openai", guild, agreed=True)
    await settings.change("reply.provider", "openai", guild)
    for other in (
        "https://two.example/v1",
        "http://one.example/v1",
        "https://one.example:8443/v1",
        "https://one.example.two.example/v1",
    ):
        await settings.change("openai.base_url", other)
        with pytest.raises(ConsentError):
            await settings.change("reply.provider", "openai", guild)
    await settings.change("openai.base_url", "https://ONE.example:443/v2/")
    await settings.change("reply.provider", "openai", guild)


async def test_consent_of_one_server_is_none_of_another(settings, database, guild):
    other = database.call(guilds.ensure, "attic").id
    await settings.change("reply.provider", "openai", guild, agreed=True)
    with pytest.raises(ConsentError, match="on this server"):
        await settings.change("reply.provider", "openai", other)


async def test_consent_for_the_home_says_that_it_is_for_every_server(settings, guild):
    with pytest.raises(ConsentError, match="every server, also on later ones"):
        await settings.change("reply.provider", "openai")
    await settings.change("reply.provider", "openai", agreed=True)
    assert await settings.has_agreed(guild, "replies", settings.home.openai.address)


async def test_a_host_that_is_called_ones_own_is_asked_about(settings):
    with pytest.raises(ConsentError, match=r"gpu\.lan like this computer"):
        await settings.change("openai.own_hosts", "gpu.lan")
    await settings.change("openai.own_hosts", "gpu.lan", agreed=True)
    with pytest.raises(ConsentError, match=r"treats box\.lan like"):
        await settings.change("openai.own_hosts", "gpu.lan, box.lan")
    await settings.change("openai.own_hosts", "")


async def test_a_host_here_or_of_ones_own_needs_no_consent(settings, guild):
    await settings.change("openai.base_url", "http://127.0.0.1:11434/v1/")
    await settings.change("reply.provider", "openai", guild)
    await settings.change("openai.base_url", "http://gpu.lan:8000/v1/")
    with pytest.raises(ConsentError):
        await settings.change("reply.provider", "openai", guild)
    await settings.change("openai.own_hosts", "gpu.lan", agreed=True)
    await settings.change("reply.provider", "openai", guild)


async def test_consent_cannot_be_set_as_a_setting(settings, guild):
    for place in (guild, None):
        with pytest.raises(ConfigError, match="not a setting any more"):
            await settings.change("reply.cloud_consent", "true", place)
        with pytest.raises(ConfigError, match="not a setting any more"):
            await settings.change("reply.cloud_consent", "true", place, agreed=True)
    address = settings.home.openai.address
    assert not await settings.has_agreed(guild, "replies", address)


async def test_a_file_of_before_is_read_and_its_consent_is_none(settings, home, guild):
    home.config_file.write_text(
        '[reply]\ncloud_consent = true\nprovider = "openai"\n', encoding="utf-8"
    )
    assert load(home.config_file).reply.provider == "openai"
    address = settings.home.openai.address
    assert not await settings.has_agreed(guild, "replies", address)


async def test_pictures_need_a_consent_of_their_own(settings, guild):
    await settings.change("reply.provider", "openai", guild, agreed=True)
    await settings.change("context.pictures", "off", guild)
    with pytest.raises(ConsentError, match="pictures that come with messages"):
        await settings.change("context.pictures", "host", guild)
    address = settings.home.openai.address
    assert not await settings.has_agreed(guild, "pictures", address)
    await settings.change("context.pictures", "host", guild, agreed=True)
    assert await settings.has_agreed(guild, "pictures", address)


async def test_the_model_here_needs_no_consent_to_pictures(settings, guild):
    await settings.change("reply.provider", "openai", guild, agreed=True)
    await settings.change("context.pictures", "here", guild)
