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
    ],
)
def test_what_cannot_work_is_refused(name, text):
    with pytest.raises(ConfigError) as caught:
        from_text(name, text)
    assert name in str(caught.value)


def test_every_other_command_of_the_bot_is_taken():
    names = {
        command.name
        for cog in COGS
        for command in cog.__cog_commands__
        if command.parent is None and type(command).__name__.startswith("Slash")
    }
    assert names - {"mark"} == validators.TAKEN_COMMANDS
