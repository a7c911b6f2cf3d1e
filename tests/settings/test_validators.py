import pytest

from app.core.errors import ConfigError
from app.discord.cogs import COGS
from app.settings import validators
from app.settings.setting_keys import from_text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("learn.patterns", "["),
        ("bot.command", "Say It"),
        ("bot.command", "help"),
        ("bot.command", ""),
        ("bot.prefix", "hey bot"),
        ("bot.name", ""),
        ("bot.owners", "anna"),
        ("speak.quiet_hours", "25-99"),
        ("reply.llm_seconds", "inf"),
        ("reply.llm_seconds", "nan"),
        ("model.adapter", "nowhere.gguf"),
        ("openai.base_url", "ftp://x"),
        ("reply.split", "llm"),
        ("reply.tune_modes", ""),
        ("speak.channels", "none, hall"),
        ("reply.persona", "a\0b"),
        ("bot.name", "\u202eyam"),
        ("bot.owners", "<@12"),
        ("bot.owners", "0"),
        ("bot.servers", "٣"),
        ("bot.servers", "9" * 26),
        ("bot.allowed_roles", "<@1>"),
        ("bot.allowed_roles", "a\nb"),
        ("bot.proxy", "http://a b/"),
        ("speak.channels", "<@1>"),
        ("speak.channels", "@everyone"),
        ("speak.channels", "https://example.com/"),
        ("openai.base_url", "http://a b/"),
        ("openai.base_url", "http://host/a b"),
        ("openai.base_url", "http://host:0/"),
        ("openai.base_url", "http://(a+)+$/"),
        ("openai.own_hosts", "Say It"),
        ("openai.own_hosts", "a\nb"),
        ("openai.own_hosts", "999999"),
        ("memory.model", "nonsense"),
    ],
)
def test_what_cannot_work_is_refused(name, text):
    with pytest.raises(ConfigError) as caught:
        from_text(name, text)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("bot.owners", "<@!12>", ["12"]),
        ("bot.allowed_roles", "<@&12>, Mods", ["12", "Mods"]),
        ("bot.allowed_roles", "@everyone", ["@everyone"]),
        ("speak.channels", "<#12>, #hall", ["12", "hall"]),
        ("speak.channels", "https://discord.com/channels/1/12", ["12"]),
        ("speak.channels", "Music / chat", ["Music / chat"]),
        ("openai.own_hosts", "::1, bücher.lan:80", ["[::1]", "bücher.lan:80"]),
        ("memory.model", "BAAI/bge-small-en-v1.5", "BAAI/bge-small-en-v1.5"),
    ],
)
def test_what_people_copy_is_understood(name, text, kept):
    assert from_text(name, text) == kept


def test_every_other_command_of_the_bot_is_taken():
    names = {
        command.name
        for cog in COGS
        for command in cog.__cog_commands__
        if command.parent is None and type(command).__name__.startswith("Slash")
    }
    assert names - {"mark"} == validators.TAKEN_COMMANDS
