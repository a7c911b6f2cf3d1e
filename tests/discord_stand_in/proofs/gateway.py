"""Frames, sessions, servers and channels."""

from tests.discord_stand_in import rights
from tests.discord_stand_in.raw import INTENTS, Raw
from tests.discord_stand_in.server import TOKEN
from tests.discord_stand_in.world import PRIVATE_THREAD

IDENTIFY = {"token": TOKEN, "intents": INTENTS, "properties": {}}


async def frames_in_the_wrong_order_close_the_connection(raw: Raw) -> None:
    async with raw.socket() as frames:
        await frames.send(3, {})
        assert await frames.close_code() == 4003
    async with raw.gateway() as frames:
        await frames.send(2, IDENTIFY)
        assert await frames.close_code() == 4005


async def too_many_frames_close_the_connection(raw: Raw) -> None:
    raw.stand_in.gateway.frames_a_minute = 5
    async with raw.gateway() as frames:
        for _ in range(5):
            await frames.send(1, None)
        assert await frames.close_code() == 4008


async def a_server_comes_after_an_unavailable_ready(raw: Raw) -> None:
    raw.guild.available = False
    stand_in = raw.stand_in
    async with raw.gateway() as frames:
        (_, ready) = frames.seen[0]
        assert ready["guilds"] == [{"id": str(raw.guild.id), "unavailable": True}]
        assert await frames.names(stand_in, raw.general) == []
        await stand_in.return_guild(raw.guild)
        body = await frames.event("GUILD_CREATE")
    assert body["unavailable"] is False and body["id"] == str(raw.guild.id)


async def the_bot_has_a_managed_role(raw: Raw) -> None:
    async with raw.gateway() as frames:
        body = await frames.event("GUILD_CREATE")
    own, *_ = [one for one in body["roles"] if one["managed"]] or [{}]
    assert own.get("tags") == {"bot_id": str(raw.stand_in.bot.id)}
    assert own["name"] == raw.stand_in.bot.name
    assert body["members"][0]["roles"] == [own["id"]]


async def a_hidden_channel_comes_obfuscated(raw: Raw) -> None:
    hidden = raw.guild.channel("treasury", readable=False)
    hidden.is_age_restricted = True
    async with raw.gateway() as frames:
        body = await frames.event("GUILD_CREATE")
        told = {int(one["id"]): one for one in body["channels"]}
        assert told[raw.general.id]["name"] == "general"
        assert told[hidden.id]["name"] == "___hidden___"
        assert told[hidden.id]["flags"] == 1 << 17 and not told[hidden.id]["nsfw"]
        await raw.stand_in.update_channel(hidden)
        assert (await frames.event("CHANNEL_UPDATE"))["name"] == "___hidden___"


async def hidden_channels_tell_nothing(raw: Raw) -> None:
    hidden = raw.guild.channel("treasury", readable=False)
    below = raw.guild.thread(hidden, "coins")
    private = raw.guild.thread(raw.general, "secret", PRIVATE_THREAD)
    stand_in = raw.stand_in
    async with raw.gateway() as frames:
        body = await frames.event("GUILD_CREATE")
        assert body["threads"] == []
        for place in (hidden, below, private):
            said = await stand_in.say(place, raw.ann, "gold")
            await stand_in.react(place, raw.ann, said, "👍")
            await stand_in.edit(place, said, "silver")
        await stand_in.add_channel(private)
        assert await frames.names(stand_in, raw.general) == []
        raw.allow(rights.MANAGE_THREADS)
        await stand_in.say(private, raw.ann, "now")
        assert (await frames.event("MESSAGE_CREATE"))["content"] == "now"


async def without_the_intent_words_are_missing(raw: Raw) -> None:
    stand_in = raw.stand_in
    async with raw.gateway(INTENTS & ~(1 << 15)) as frames:
        await stand_in.say(raw.general, raw.ann, "hello all")
        assert (await frames.event("MESSAGE_CREATE"))["content"] == ""
        await stand_in.say(raw.general, raw.ann, f"{stand_in.bot.mention} hello")
        assert "hello" in (await frames.event("MESSAGE_CREATE"))["content"]


async def direct_messages_need_their_intent(raw: Raw) -> None:
    direct = raw.stand_in.direct_channel(raw.ann)
    async with raw.gateway() as frames:
        await raw.stand_in.say(direct, raw.ann, "hello you")
        assert "MESSAGE_CREATE" not in await frames.names(raw.stand_in, raw.general)
    async with raw.gateway((INTENTS | 1 << 12) & ~(1 << 15)) as frames:
        await raw.stand_in.say(direct, raw.ann, "hello you")
        assert (await frames.event("MESSAGE_CREATE"))["content"] == "hello you"


async def its_own_member_needs_no_intent(raw: Raw) -> None:
    bot = raw.stand_in.bot
    async with raw.gateway() as frames:
        raw.guild.timed_out.add(bot.id)
        await raw.stand_in.change_own_member(raw.guild)
        body = await frames.event("GUILD_MEMBER_UPDATE")
    assert body["user"]["id"] == str(bot.id) and body["communication_disabled_until"]
