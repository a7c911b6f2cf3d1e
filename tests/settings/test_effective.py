import pytest

from app.core.errors import ConfigError, UsageError
from app.settings.consent import ConsentError
from app.settings.effective import LOOK_SECONDS, Settings
from app.store import guilds
from app.store.database import Database


@pytest.fixture
def database(home):
    with Database(home.database) as database:
        yield database


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self):
        return self.now

    def pass_a_look(self):
        self.now += LOOK_SECONDS


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def settings(home, database, clock):
    return Settings(home, database, clock=clock)


@pytest.fixture
def guild(database):
    return database.call(guilds.ensure, "den").id


@pytest.fixture
def channel(database, guild):
    return database.call(guilds.ensure_channel, guild, "general").id


def origin(explained, name):
    return next(one.origin for one in explained if one.key.name == name)


async def test_the_narrowest_value_counts_and_says_where_it_is_from(
    settings, guild, channel
):
    assert (await settings.of(guild)).reply.dial == 50
    await settings.change("reply.dial", "40")
    await settings.change("reply.dial", "30", guild)
    one = await settings.change("reply.dial", "20", guild, channel)
    assert (one.value, one.origin) == (20, "channel")
    assert (await settings.of(guild)).reply.dial == 30
    assert (await settings.of(guild, channel)).reply.dial == 20
    assert settings.home.reply.dial == 40
    assert origin(await settings.explain(guild), "reply.dial") == "guild"
    assert origin(await settings.explain(None), "reply.dial") == "file"
    assert origin(await settings.explain(None), "reply.mode") == "default"


async def test_a_reset_gives_the_wider_value_back(settings, guild):
    await settings.change("reply.dial", "30", guild)
    one = await settings.change("reply.dial", None, guild)
    assert (one.value, one.origin) == (50, "default")


async def test_the_file_edited_by_hand_is_read_again(settings, home, clock):
    assert settings.home.bot.name == "Mynah"
    home.config_file.write_text('[bot]\nname = "Polly"\n')
    clock.pass_a_look()
    assert settings.home.bot.name == "Polly"


async def test_a_file_broken_by_hand_is_pointed_at_and_changes_nothing(
    home, database, clock
):
    warnings: list[str] = []
    settings = Settings(home, database, warnings.append, clock=clock)

    def write(text):
        home.config_file.write_text(text)
        clock.pass_a_look()

    write("[reply]\ndial = 70\n")
    assert settings.home.reply.dial == 70
    write("[reply]\n# louder\ndail = 80\n")
    assert settings.home.reply.dial == 70
    clock.pass_a_look()
    assert settings.home.reply.dial == 70
    (warning,) = warnings
    assert "line 3" in warning and "Did you mean reply.dial?" in warning
    assert settings.trouble
    with pytest.raises(ConfigError, match="line 3"):
        await settings.change("reply.dial", "90")
    write("[reply]\ndial = 80\n")
    assert settings.home.reply.dial == 80
    assert settings.trouble is None


def test_a_file_that_is_broken_from_the_start_is_refused(settings, home):
    home.config_file.write_text("[reply]\ndial = 700\n")
    with pytest.raises(ConfigError, match="line 2"):
        _ = settings.home


async def test_settings_of_the_home_cannot_differ_between_guilds(settings, guild):
    with pytest.raises(UsageError, match="all servers"):
        await settings.change("model.threads", "2", guild)


async def test_settings_of_a_guild_cannot_differ_between_channels(
    settings, guild, channel
):
    with pytest.raises(UsageError, match="cannot be set for a channel"):
        await settings.change("reply.provider", "local", guild, channel)


async def test_the_cloud_needs_consent_once(settings, guild):
    with pytest.raises(ConsentError, match="leave this computer"):
        await settings.change("reply.provider", "openai", guild)
    assert (await settings.of(guild)).reply.provider == "local"
    await settings.change("reply.provider", "openai", guild, agreed=True)
    await settings.change("reply.provider", "local", guild)
    await settings.change("reply.provider", "openai", guild)
    address = settings.home.openai.address
    assert await settings.has_agreed(guild, "replies", address)
    assert not await settings.has_agreed(guild, "tuning", address)
    assert not await settings.has_agreed(None, "replies", address)


async def test_an_address_that_gives_secrets_away_is_not_kept(settings):
    with pytest.raises(ConfigError):
        await settings.change("openai.base_url", "http://api.openai.com/v1")
