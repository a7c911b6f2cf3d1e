"""What the doctor finds, in homes that are well and homes that are not."""

import os
import time
from pathlib import Path

import pytest

from app.core import secrets
from app.core.paths import Home
from app.ipc import control
from app.ipc.control import Check
from app.ipc.inference import GpuUse
from app.service.doctor import check_all
from app.service.service import open_service
from app.settings.config_file import save
from app.store import settings as stored_settings
from app.store.engines.sqlite import DatabaseDamagedError
from tests.asking import Nobody
from tests.discord_stand_in.server import TOKEN, DiscordStandIn
from tests.runner import tiny


async def checked(home: Home) -> dict[str, Check]:
    async with open_service(home) as service:
        return {check.name: check for check in await check_all(service.context)}


async def test_a_new_home_lacks_only_a_model_and_something_learned(home: Home):
    found = await checked(home)
    bad = {check.name for check in found.values() if not check.ok}
    assert bad == {"model", "servers"}
    assert all(check.hint for check in found.values() if not check.ok)
    assert "384 numbers" in found["memory"].detail
    assert "not on Discord" in found["bot token"].detail


async def test_a_model_that_loads_is_well_and_a_cut_one_is_not(
    home: Home, tmp_path: Path
):
    model = tiny.write(tmp_path / "tiny.gguf")
    save(home.config_file, "model.name", str(model))
    assert (await checked(home))["model"].ok
    model.write_bytes(model.read_bytes()[:-1000])
    check = (await checked(home))["model"]
    assert not check.ok and "cut short" in check.detail


async def test_the_graphics_card_is_named_or_the_reason_why_none_is_used(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    async with open_service(home) as service:
        context, local = service.context, service.context.local

        async def card() -> Check:
            (found,) = [
                one for one in await check_all(context) if one.name == "graphics card"
            ]
            return found

        found = GpuUse(trouble="no graphics card with a driver for it was found")

        async def find() -> GpuUse:
            return found

        monkeypatch.setattr(local, "find_gpu", find)
        none = await card()
        assert none.ok and "The processor does all the work: no graphics" in none.detail
        await context.settings.change("model.gpu_layers", "-1")
        asked_for = await card()
        assert not asked_for.ok and "help models" in asked_for.hint
        found = GpuUse("Voodoo 2", free_bytes=8 << 30)
        assert "Voodoo 2 takes layers" in (await card()).detail
        monkeypatch.setattr(local._keeper, "_card", GpuUse("Voodoo 2", "", 3, 4))
        assert "3 of 4 layers run on Voodoo 2" in (await card()).detail
        await context.settings.change("model.gpu_layers", "0")
        assert "Switched off" in (await card()).detail


@pytest.mark.posix_only("about modes of files")
async def test_a_home_and_secrets_that_others_can_read_are_pointed_at(home: Home):
    secrets.put(home, "openai_key", "sk-0123456789")
    home.secrets_file.chmod(0o644)
    home.root.chmod(0o755)
    found = await checked(home)
    assert "chmod 700" in found["home"].hint
    assert "chmod 600" in found["keyring"].hint


async def test_a_clock_that_went_back_is_noticed(home: Home):
    async with open_service(home) as service:
        # Moving the log would set the file's time again.
        assert await service.context.database.truncate_log()
        later = time.time() + 86_400
        os.utime(home.database, (later, later))
        found = {check.name: check for check in await check_all(service.context)}
    assert not found["clock"].ok and "clock" in found["clock"].hint


async def test_a_full_disk_is_noticed(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.service.doctor.LEAST_FREE", 1 << 60)
    assert "Free some space" in (await checked(home))["disk"].hint


async def test_the_bot_token_is_tried_and_its_intents_looked_at(
    home: Home, stand_in: DiscordStandIn
):
    secrets.put(home, "bot_token", TOKEN)
    assert (await checked(home))["bot token"].ok
    stand_in.rest.application_flags = 0
    check = (await checked(home))["bot token"]
    assert not check.ok and "Message Content Intent" in check.hint
    stand_in.rest.application_flags = 1 << 19
    stand_in.rest.is_public = True
    check = (await checked(home))["bot token"]
    assert check.ok and "Public Bot" in check.hint
    stand_in.bot.bot = False
    check = (await checked(home))["bot token"]
    assert not check.ok and "person's account" in check.detail
    stand_in.rest.faults.add("page", "GET", "/users/@me")
    check = (await checked(home))["bot token"]
    assert not check.ok and "in Discord's place" in check.detail
    secrets.put(home, "bot_token", "x" * 26 + ".GabcdE." + "y" * 30)
    check = (await checked(home))["bot token"]
    assert not check.ok and "refused" in check.detail


async def test_the_state_of_the_running_bot_is_part_of_the_check_up(home: Home):
    async with open_service(home) as service:

        async def found(
            state: str, reason: str = "", user: str = ""
        ) -> dict[str, control.Check]:
            status = control.DiscordStatus(state, reason, user=user)
            service.app.discord = lambda: status
            told = await service.app.doctor(Nobody(), control.Doctor())
            return {one.name: one for one in told.checks}

        assert "discord" not in await found(state="off")
        assert (await found(state="online", user="Mynah"))["discord"].ok
        silent = await found(state="connecting", reason="Nothing comes from Discord.")
        assert not silent["discord"].ok and "Nothing" in silent["discord"].detail
        service.context.troubles.begin("commands", "Discord refused /x.", "Rename it.")
        trouble = (await found(state="online"))["running"]
        assert not trouble.ok and trouble.hint == "Rename it."
        service.context.troubles.end("commands")
        assert "running" not in await found(state="online")


async def test_the_homes_hosts_are_checked_where_the_servers_cannot_be_asked(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    save(home.config_file, "openai.base_url", "http://127.0.0.1:9/v1/")
    save(home.config_file, "hosts.pc.base_url", "http://127.0.0.1:9/v1/")
    save(home.config_file, "reply.provider", "openai, pc")

    def damaged() -> None:
        raise DatabaseDamagedError("The database is damaged.", "Restore a backup.")

    async with open_service(home) as service:
        monkeypatch.setattr(stored_settings, "guilds_with_hosts", damaged)
        found = {check.name: check for check in await check_all(service.context)}
    assert "127.0.0.1" in found["cloud"].detail
    assert "127.0.0.1" in found["host pc"].detail
    assert not found["hosts"].ok and found["hosts"].hint


async def test_a_server_of_its_own_that_is_away_is_named(home: Home):
    save(home.config_file, "reply.provider", "openai")
    save(home.config_file, "openai.base_url", "http://127.0.0.1:9/v1/")
    check = (await checked(home))["cloud"]
    assert not check.ok and check.hint
