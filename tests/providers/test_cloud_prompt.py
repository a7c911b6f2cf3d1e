"""What a request to the cloud is made of."""

from dataclasses import replace

from app.core.names import GuildId
from app.providers.base import LoreText, Prompt, Turn
from app.providers.openai.cloud_prompt import render

MAIL = "jane.doe@example.co.uk"


def test_no_secret_goes_to_the_cloud_whatever_part_holds_it():
    line = f"write to {MAIL} about it"
    prompt = Prompt(
        GuildId(1),
        "talk",
        "Mynah",
        (Turn("ann", line), Turn("Mynah", line, is_bot=True), Turn(MAIL, "hi")),
        mode="hybrid",
        examples=(line,),
        drafts=(line,),
        moments=((Turn("ben", line),),),
        summary=line,
        lore=(LoreText("mail", line),),
    )
    sent = str(render(prompt))
    assert MAIL not in sent and sent.count("write to …") == 7
    for has_system in (True, False):
        asked = str(render(replace(prompt, task="Sum up."), has_system=has_system))
        assert MAIL not in asked and asked.count("write to …") == 2
        assert "Sum up." in asked
