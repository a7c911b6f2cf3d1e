"""When it speaks, what it sends, and what one can do with a reply."""

import asyncio
import io

from PIL import Image

from app.core import xray
from app.core.names import GuildId
from app.discord.ports import Unsent
from app.store.places import Claim
from tests.discord.conftest import Start
from tests.discord.memory_host import MemoryHost
from tests.discord.scene import Scene
from tests.discord_stand_in.rights import SEND_TTS
from tests.discord_stand_in.server import DiscordStandIn


async def test_a_mention_is_answered_once_with_a_reply(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start().connected():
        asked = await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} hello"
        )
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    (sent,) = stand_in.outbox.sent()
    assert sent.text == "You said: hello"
    assert sent.reply_to == asked


async def test_a_mention_in_a_channel_without_learning_has_what_was_said_as_context(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, "the tide is low")
        await stand_in.say(scene.general, scene.ben, f"{stand_in.bot.mention} is it?")
        await stand_in.wait_for(lambda: len(host.asked) == 1)
    assert host.asked[0].turns == (("Ann", "the tide is low"),)
    assert host.messages == {}


async def test_what_an_opted_out_member_said_is_no_context_for_others(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.opted_out_of.add((scene.guild.id, scene.ann.id))
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, "my secret")
        await stand_in.say(scene.general, scene.mod, "a tide")
        await stand_in.say(scene.general, scene.ben, f"{stand_in.bot.mention} so?")
        await stand_in.wait_for(lambda: len(host.asked) == 1)
    assert host.asked[0].turns == (("Mod", "a tide"),)


async def test_a_reply_to_its_message_is_answered_without_a_mention(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        own = stand_in.outbox.sent()[0].message_id
        await stand_in.say(scene.general, scene.ben, "go on", reply_to=own)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)
    assert stand_in.outbox.sent()[1].text == "You said: go on"


async def test_a_replayed_mention_is_answered_once(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        stand_in.gateway.replay_overlap = 10
        await stand_in.gateway.drop_sockets()
        await stand_in.wait_for(lambda: len(stand_in.gateway.resumes) == 1)
        await asyncio.sleep(0.2)
    assert len(stand_in.outbox.sent()) == 1


async def test_a_send_that_was_accepted_but_answered_502_is_not_doubled(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    stand_in.rest.faults.add("error after accept")
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(
            lambda: (
                stand_in.rest.requests.count(
                    ("POST", f"/channels/{scene.general.id}/messages")
                )
                == 2
            )
        )
        await asyncio.sleep(0.1)
    assert len(stand_in.outbox.sent()) == 1


async def test_a_connection_cut_while_sending_is_tried_again_and_not_doubled(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    stand_in.rest.faults.add("drop after accept")
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: bool(host.sent_as))
    assert len(stand_in.outbox.sent()) == 1


async def test_a_rate_limit_is_waited_for(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    stand_in.rest.faults.add("rate limit", times=2)
    stand_in.rest.faults.add("global rate limit")
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: bool(host.sent_as))
    assert len(stand_in.outbox.sent()) == 1
    assert stand_in.rest.faults.pending == 0


async def test_a_long_reply_comes_as_several_messages_in_order(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.answer_parts = ("one", "two", "three")
    async with start().connected():
        asked = await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} hello"
        )
        await stand_in.wait_for(lambda: bool(host.sent_as))
    sent = stand_in.outbox.sent()
    assert [one.text for one in sent] == ["one", "two", "three"]
    assert [one.reply_to for one in sent] == [asked, None, None]
    assert host.sent_as[1] == [one.message_id for one in sent]


async def test_the_slash_command_takes_a_seed_and_shows_its_sources(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start().connected():
        shown = await stand_in.command(
            scene.general, scene.ann, "mark", seed="the tide", debug=True
        )
        await stand_in.wait_for(lambda: len(shown.parts) == 2)
    assert shown.texts[0] == "You said: the tide"
    assert "a source" in shown.texts[1]
    assert host.asked[0].seed == "the tide"


async def test_the_slash_command_speaks_as_before_a_day(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start().connected():
        shown = await stand_in.command(
            scene.general, scene.ann, "mark", before="2021-06-30"
        )
        await stand_in.wait_for(lambda: bool(shown.parts))
    assert host.asked[0].before == "2021-06-30"


async def test_the_slash_command_can_have_another_name(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start(command="parrot").connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        shown = await stand_in.command(scene.general, scene.ann, "parrot", tts=True)
    assert shown.parts[0].payload["tts"] is True


async def test_the_message_form_speaks_with_debug_and_tts(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.answer_parts = ("hm",)
    host.learning[scene.general.id] = scene.guild.id
    async with start(prefix="!say").connected():
        await stand_in.say(scene.general, scene.ann, "!say")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        await stand_in.say(scene.general, scene.ann, "!say tts")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)
        await stand_in.say(scene.general, scene.ann, "!say debug")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 4)
    sent = stand_in.outbox.sent()
    assert sent[1].payload["tts"] is True
    assert "Written by" in sent[3].text
    assert host.messages == {}


async def test_only_allowed_roles_can_make_it_speak(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start(allowed_roles=["moderators"]).connected():
        refused = await stand_in.command(scene.general, scene.ann, "mark")
        answered = await stand_in.command(scene.general, scene.mod, "mark")
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.command(scene.general, scene.ann, "why")
    assert refused.ephemeral and "permission" in refused.text
    assert answered.text.startswith("You said")
    assert len(host.asked) == 1


async def test_the_menu_on_a_reply_explains_repeats_and_forgets(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[scene.guild.id, 0] = {"speak.user_cooldown_seconds": 0.0}
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: bool(host.sent_as))
        own = stand_in.outbox.sent()[0].message_id
        why = await stand_in.message_command(scene.general, scene.ben, "Why this?", own)
        again = await stand_in.message_command(scene.general, scene.ann, "Again", own)
        refused = await stand_in.message_command(
            scene.general, scene.ben, "Forget the sources", own
        )
        gone = await stand_in.message_command(
            scene.general, scene.mod, "Forget the sources", own
        )
    assert why.ephemeral and "mention" in why.text and "a source" in why.text
    (part,) = why.parts
    assert part.files == ["xray.png"]
    (attached,) = part.payload["attachments"]
    assert attached["description"] == "1 word by the voice, 1 by both, 1 by the model"
    picture = Image.open(io.BytesIO(part.file_bodies[0])).convert("RGB")
    colors = {color for _, color in picture.getcolors(1 << 20) or ()}
    for share in (0, 50, 100):
        assert tuple(bytes.fromhex(xray.color(share)[1:])) in colors
    assert again.ephemeral and "another one" in again.text
    (said,) = stand_in.outbox.sent()
    assert said.message_id == own
    assert "permission" in refused.text
    assert "2 messages" in gone.text


async def test_the_menu_on_a_message_that_is_no_reply_says_so(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start().connected():
        theirs = await stand_in.say(scene.general, scene.ann, "hello")
        shown = await stand_in.message_command(
            scene.general, scene.ben, "Why this?", theirs
        )
    assert "not one of my replies" in shown.text


async def test_thumbs_and_a_deleted_reply_are_feedback(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: bool(host.sent_as))
        own = stand_in.outbox.sent()[0].message_id
        await stand_in.react(scene.general, scene.ann, own, "👍")
        await stand_in.react(scene.general, scene.ben, own, "👎")
        await stand_in.wait_for(lambda: len(host.ratings) == 2)
        assert host.ratings == {(1, scene.ann.id): 1, (1, scene.ben.id): -1}
        await stand_in.unreact(scene.general, scene.ben, own, "👎")
        await stand_in.wait_for(lambda: (1, scene.ben.id) not in host.ratings)
        await stand_in.delete(scene.general, own)
        await stand_in.wait_for(lambda: host.ratings.get((1, 0)) == -1)


async def test_a_file_of_a_source_is_posted_again_from_its_fresh_address(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    stand_in.rest.files["crab.png"] = b"a crab"
    async with start().connected():
        gone = await stand_in.say(scene.general, scene.ann, "", files=["crab.png"])
        kept = await stand_in.say(scene.general, scene.ben, "", files=["crab.png"])
        await stand_in.delete(scene.general, gone)
        host.files = ((scene.general.id, gone), (scene.general.id, kept))
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    (sent,) = stand_in.outbox.sent()
    assert sent.files == ["crab.png"]
    assert sent.file_bodies == [b"a crab"]


async def test_a_reply_begun_before_a_restart_is_sent(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    place, server = scene.general.id, scene.guild.id
    fresh = await stand_in.say(scene.general, scene.ann, "hello")
    claim = Claim(1, GuildId(1), 1, 1, None)
    host.left_unsent = [Unsent(claim, server, place, fresh, ("as written",))]
    async with start().connected():
        await stand_in.wait_for(lambda: bool(host.sent_as))
    assert [one.text for one in stand_in.outbox.sent()] == ["as written"]


async def test_a_reply_from_before_a_restart_becomes_a_draft_where_drafts_are_on_now(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    fresh = await stand_in.say(scene.general, scene.ann, "hello")
    made = Unsent(
        Claim(1, GuildId(1), 1, 1, None),
        scene.guild.id,
        scene.general.id,
        fresh,
        ("as written",),
    )
    host.left_unsent = [made]
    host.overrides[scene.guild.id, 0] = {"reply.shadow": True}
    async with start().connected():
        await stand_in.wait_for(lambda: host.held == [1])
    assert stand_in.outbox.sent() == []


async def test_without_the_right_to_write_nothing_breaks(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    stand_in.rest.faults.add("error", status=403)
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: stand_in.rest.faults.pending == 0)
        await stand_in.say(scene.general, scene.ben, f"{stand_in.bot.mention} again")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)


async def test_a_command_is_read_aloud_only_where_the_bot_may_do_so(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start().connected():
        aloud = await stand_in.command(scene.general, scene.ann, "mark", tts=True)
        scene.general.deny(stand_in.bot, SEND_TTS)
        await stand_in.update_channel(scene.general)
        silent = await stand_in.command(scene.general, scene.ann, "mark", tts=True)
        await stand_in.wait_for(lambda: len(silent.parts) == 2)
        await stand_in.say(scene.general, scene.ann, "!mark tts")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert aloud.parts[0].payload["tts"] is True and not aloud.parts[0].ephemeral
    assert not silent.parts[0].payload.get("tts")
    assert silent.parts[1].ephemeral and "Send TTS Messages" in silent.parts[1].text
    assert not stand_in.outbox.sent()[0].payload.get("tts")
