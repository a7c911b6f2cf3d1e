"""The menu of hosts on Models."""

from dataclasses import replace

import pytest

from app.core.errors import UsageError
from app.ipc import control
from tests.tui.fake_bot import busy_bot
from tests.tui.terminal import Open, settle, text_of

HOSTS = {
    "hosts": [
        {"name": "openai", "host": "api.openai.com", "key_name": "openai_key"},
        {"name": "pc", "host": "gpu.lan", "reach": "own", "key_name": "pc_key"},
    ]
}


async def test_a_host_is_chosen_asked_and_given_its_own_key(open_app: Open):
    bot = busy_bot(hosts=HOSTS, secret_test={"ok": True, "detail": "Fine."})
    async with open_app("models", bot) as pilot:
        await pilot.press("h")
        await settle(pilot)
        assert "gpu.lan, your own host" in text_of(pilot)
        await pilot.press("down", "enter")
        await settle(pilot)
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        await pilot.press(*"sk-1", "enter")
        await settle(pilot)
        assert bot.requests(control.SecretSet) == [control.SecretSet("pc_key", "sk-1")]
        assert bot.requests(control.SecretTest) == [control.SecretTest("pc_key")]


async def test_what_a_host_says_is_shown_in_lines_with_the_key_of_the_remedy(
    open_app: Open,
):
    hint = "Enter its key with `mynah config set pc_key`."
    tried = {"ok": False, "detail": "gpu.lan refuses the key.", "hint": hint}
    async with open_app("models", busy_bot(hosts=HOSTS, host_test=tried)) as pilot:
        await pilot.press("h")
        await settle(pilot)
        await pilot.press("down", "enter")
        await settle(pilot)
        await pilot.press("down", "enter")
        await settle(pilot)
        shown = text_of(pilot)
        assert "refuses the key." in shown and "⏎" not in shown
        assert "Enter its key with h on Models (6)." in shown


@pytest.mark.parametrize(("answer", "is_own"), [("y", True), ("n", False)])
async def test_a_computer_in_the_house_is_the_owners_own_only_if_they_say_so(
    open_app: Open, answer: str, is_own: bool
):
    bot = busy_bot(
        hosts=HOSTS,
        host_add=lambda request: {
            "name": "big", "address": "http://gpu.lan:8000/v1/",
            "reach": "own" if request.is_own else "cloud",
        },
    )  # fmt: skip
    async with open_app("models", bot) as pilot:
        await pilot.press("h")
        await settle(pilot)
        await pilot.press("end", "enter")
        await pilot.press(*"big http://gpu.lan:8000/v1/", "enter")
        await settle(pilot)
        assert "Is gpu.lan a computer of your own?" in text_of(pilot)
        assert "messages of locked servers there too" in " ".join(
            text_of(pilot).split()
        )
        await pilot.press(answer)
        await settle(pilot)
        added = control.HostAdd("big", "http://gpu.lan:8000/v1/")
        own = [replace(added, is_own=True, agreed=True)] if is_own else []
        assert bot.requests(control.HostAdd) == [added, *own]
        place = "your own host" if is_own else "in the cloud"
        assert f"gpu.lan:8000/v1/, {place}" in text_of(pilot)


async def test_a_host_that_is_refused_stays_there_to_be_changed(open_app: Open):
    def refuse(request: control.HostAdd) -> None:
        raise UsageError("The address of big is missing.", "Write it after the name.")

    bot = busy_bot(hosts=HOSTS, host_add=refuse)
    async with open_app("models", bot) as pilot:
        await pilot.press("h")
        await settle(pilot)
        await pilot.press("down", "down", "down", "enter")
        await settle(pilot)
        await pilot.press(*"big", "enter")
        await settle(pilot)
        shown = text_of(pilot)
        assert "The address of big is missing." in shown
        await pilot.press(*" gpu.lan", "enter")
        await settle(pilot)
    added = bot.requests(control.HostAdd)
    assert [one.address for one in added] == ["", "gpu.lan"]
    assert {one.name for one in added} == {"big"}
