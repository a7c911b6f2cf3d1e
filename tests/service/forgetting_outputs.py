"""The ways out of a home besides speech, played in `forgetting_world.World`.

Exports, a member's own data, tuning data, the support bundle: nothing that is gone may
be in any of them, nor what was never meant for it.
"""

import asyncio
import json
import shutil
import zipfile
from pathlib import Path

from app.ipc import control
from app.service import support_bundle
from tests.service.forgetting_world import World, exported, planted, words_in

KINDS = ("jsonl", "json", "html")


async def look_at_export(world: World, guild: int, kind: str) -> None:
    """Nothing that is gone is in what the owner exports."""
    await world.settle()
    target = world.root / "exported"
    name = f"{target}.jsonl" if kind == "jsonl" else str(target)
    await world.ask(control.Export(str(guild), name, kind, overwrite=True))
    left = words_in(Path(name)) & world.gone()
    assert not left, f"{left} was exported as {kind}"
    world.done["exports"] += 1
    await asyncio.to_thread(_remove, Path(name))


async def look_at_own_data(world: World, guild: int, author: int) -> None:
    """A member gets their own words, all that is kept, and nobody else's."""
    data = await world.ports.members.export_author(guild, author)
    mine = {
        one.word: one.state
        for one in world.said.values()
        if (one.place.guild, one.author) == (guild, author)
    }
    found = planted(data.decode())
    assert found <= mine.keys(), f"{found - mine.keys()} is somebody else's"
    assert "gone" not in {mine[word] for word in found}, f"{found} of {mine}"
    kept = {word for word, state in mine.items() if state == "kept"}
    assert kept <= found, f"{kept - found} is not handed out"
    world.done["exports of members"] += 1


async def look_at_tuning(world: World, guild: int) -> None:
    """Tuning data hold what agreed members wrote in open, public channels alone."""
    await world.change(guild, "learn.tuning_channels", "general, den")
    target = world.root / "tuning"
    await world.ask(control.ExportTuning(str(guild), str(target), overwrite=True))
    written = {one.word: one for one in world.said.values()}
    for word in words_in(target):
        one = written[word]
        world.done["planted words in tuning data"] += 1
        assert one.state != "gone", f"{one} is tuned on"
        assert one.place.guild == guild and not one.place.is_private, one
        assert one.place.channel_name != "elsewhere", one
        assert (guild, one.author) in world.agreed_to_tuning - world.opted_out, one
    shutil.rmtree(target)


async def look_at_report(world: World) -> None:
    """The support bundle holds no word of any chat."""
    checks = (await world.ask(control.Doctor())).checks
    guilds = (await world.ask(control.Guilds())).guilds
    target = world.root / "report.zip"
    await asyncio.to_thread(support_bundle.write, world.home, target, checks, guilds)
    with zipfile.ZipFile(target) as bundle:
        text = "".join(bundle.read(name).decode() for name in bundle.namelist())
    assert not planted(text), planted(text)
    world.done["reports"] += 1
    target.unlink()


async def replace_by_file(world: World, guild: int) -> None:
    """Let a file take the place of all that is stored of a guild, as `/train` does."""
    lines = [
        one
        for one in world.said.values()
        if one.id > 0 and one.place.guild == guild
        if one.place.channel in world.listened
    ]
    data = "".join(json.dumps(exported(one)) + "\n" for one in lines).encode()
    ids = {one.id for one in lines}
    for one in world.said.values():
        # Until it is acknowledged, either is right.
        is_old = one.state == "kept" and one.id not in ids
        if one.place.guild == guild and (is_old or one.returns_by == "import"):
            one.state, one.returns_by = "unknown", ""
    if not lines:
        return
    learn = world.ports.messages.learn_file
    await learn(guild, "old.jsonl", data, clean=True)
    for one in world.said.values():
        if one.place.guild == guild and one.id not in ids and one.state != "gone":
            one.state, one.returns_by = "gone", "import"
    await asyncio.sleep(0.003)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
