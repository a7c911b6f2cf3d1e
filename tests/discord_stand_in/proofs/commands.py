"""An application's commands."""

from tests.discord_stand_in.raw import Raw
from tests.discord_stand_in.rules import COMMAND_CREATES, FORM
from tests.discord_stand_in.world import APPLICATION_ID

PATH = f"/applications/{APPLICATION_ID}/commands"


def command(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "description": "Does something.", "type": 1} | more


async def one_bad_name_refuses_the_whole_list(raw: Raw) -> None:
    assert await raw.code("PUT", PATH, [command("help")]) == 0
    for bad in ("Help", "two words", "", "a" * 33, "mark!", "hé llo"):
        assert await raw.code("PUT", PATH, [command("new"), command(bad)]) == FORM
        _, answer = await raw.ask("PUT", PATH, [command("new"), command(bad)])
        assert list(answer["errors"]) == ["1"]
    assert [one["name"] for one in raw.stand_in.rest.commands] == ["help"]
    fine = [command("größe"), command("विकास"), {"name": "Why this?", "type": 3}]
    assert await raw.code("PUT", PATH, fine) == 0


async def two_commands_of_one_name_are_refused(raw: Raw) -> None:
    assert await raw.code("PUT", PATH, [command("help"), command("help")]) == FORM
    menu = {"name": "help", "type": 3}
    assert await raw.code("PUT", PATH, [command("help"), menu]) == 0


async def a_description_is_neither_missing_nor_too_long(raw: Raw) -> None:
    for bad in ("", "x" * 101):
        assert await raw.code("PUT", PATH, [command("a", description=bad)]) == FORM
    menu = {"name": "Why this?", "type": 3, "description": "words"}
    assert await raw.code("PUT", PATH, [menu]) == FORM


async def options_are_few_unique_and_required_ones_come_first(raw: Raw) -> None:
    def option(name: str, required: bool = False) -> dict[str, object]:
        return {"type": 3, "name": name, "description": "x", "required": required}

    for bad in (
        [option("a"), option("a")],
        [option("a"), option("b", True)],
        [option(f"o{number}") for number in range(26)],
    ):
        assert await raw.code("PUT", PATH, [command("a", options=bad)]) == FORM
    fine = [option("a", True), option("b")]
    assert await raw.code("PUT", PATH, [command("a", options=fine)]) == 0


async def more_than_a_hundred_are_refused(raw: Raw) -> None:
    every = [command(f"c{number}") for number in range(101)]
    assert await raw.code("PUT", PATH, every) == 30032
    assert await raw.code("PUT", PATH, every[:100]) == 0


async def a_command_of_too_many_words_is_refused(raw: Raw) -> None:
    choices = [{"name": "n" * 100, "value": "v" * 100} for _ in range(25)]
    options = [
        {"type": 3, "name": f"o{number}", "description": "x", "choices": choices}
        for number in range(2)
    ]
    assert await raw.code("PUT", PATH, [command("a", options=options)]) == FORM


async def creating_too_many_in_a_day_is_refused(raw: Raw) -> None:
    for number in range(2):
        every = [command(f"c{number}x{one}") for one in range(100)]
        assert await raw.code("PUT", PATH, every) == 0
        assert await raw.code("PUT", PATH, every) == 0, "an unchanged name is free"
    assert await raw.code("PUT", PATH, [command("new")]) == COMMAND_CREATES.code
