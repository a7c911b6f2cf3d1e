from app.chat.prompt_settings import build, choose_mode, dial_of
from app.core.names import GuildId
from app.providers.base import Turn
from app.settings.schema import Config
from app.settings.setting_keys import with_overrides


def test_auto_is_hybrid_once_something_is_learned():
    assert choose_mode("auto", learned=10) == "hybrid"
    assert choose_mode("auto", learned=0) == "llm"
    assert choose_mode("auto", learned=9, seed="cats") == "markov"
    assert choose_mode("llm", learned=0) == "llm"


def test_dials_follow_the_mode():
    dials = [dial_of("markov", 40), dial_of("llm", 40), dial_of("hybrid", 40)]
    assert dials == [100, 0, 40]


def test_a_prompt_carries_the_guilds_settings():
    config = with_overrides(
        Config(), {"reply.persona": "a pirate", "reply.dial": 30, "bot.name": "Polly"}
    )
    prompt = build(config, "hybrid", GuildId(4), "9", [Turn("ann", "hi")])
    assert (prompt.bot_name, prompt.persona, prompt.dial) == ("Polly", "a pirate", 30)
    assert prompt.conversation == "4:9"
    assert build(config, "hybrid", GuildId(4), "9", [], dial=80).dial == 80
