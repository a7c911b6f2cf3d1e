"""Messages of every kind, and what happens to them."""

from tests.discord_stand_in import rules
from tests.discord_stand_in.raw import Raw
from tests.discord_stand_in.world import ANNOUNCEMENTS, APPLICATION_ID, User


async def previews_and_pins_send_the_whole_message(raw: Raw) -> None:
    stand_in, general = raw.stand_in, raw.general
    said = await stand_in.say(general, raw.ann, "see https://example.org")
    async with raw.gateway() as frames:
        await stand_in.preview(general, said, "https://example.org")
        preview = await frames.event("MESSAGE_UPDATE")
        assert preview["embeds"] and preview["edited_timestamp"] is None
        await stand_in.pin(general, raw.ann, said)
        pinned = await frames.event("MESSAGE_UPDATE")
        notice = await frames.event("MESSAGE_CREATE")
    for body in (preview, pinned):
        assert body["content"] == "see https://example.org"
        assert body["author"]["id"] == str(raw.ann.id)
    assert pinned["pinned"] and (notice["type"], notice["content"]) == (6, "")
    assert "CHANNEL_PINS_UPDATE" in [name for name, _ in frames.seen]


async def a_thread_begins_with_an_empty_starter(raw: Raw) -> None:
    said = await raw.stand_in.say(raw.general, raw.ann, "let us talk")
    async with raw.gateway() as frames:
        thread = await raw.stand_in.start_thread(raw.general, raw.ann, said, "talk")
        starter = await frames.event("MESSAGE_CREATE")
    assert thread.id == said
    assert (starter["type"], starter["content"]) == (21, "")
    assert starter["message_reference"]["message_id"] == str(said)
    assert starter["referenced_message"]["content"] == "let us talk"


async def a_forward_has_a_snapshot_and_no_words(raw: Raw) -> None:
    other = raw.guild.channel("other")
    said = await raw.stand_in.say(other, raw.ann, "words of elsewhere")
    async with raw.gateway() as frames:
        await raw.stand_in.forward(raw.general, raw.ann, other, said)
        body = await frames.event("MESSAGE_CREATE")
    assert body["content"] == "" and body["message_reference"]["type"] == 1
    (snapshot,) = body["message_snapshots"]
    assert snapshot["message"]["content"] == "words of elsewhere"
    assert "author" not in snapshot["message"]


async def polls_and_voice_messages_have_no_words(raw: Raw) -> None:
    async with raw.gateway() as frames:
        await raw.stand_in.ask_poll(raw.general, raw.ann, "Tea?", "yes", "no")
        poll = await frames.event("MESSAGE_CREATE")
        await raw.stand_in.speak(raw.general, raw.ann)
        voice = await frames.event("MESSAGE_CREATE")
    assert poll["content"] == "" and poll["poll"]["question"] == {"text": "Tea?"}
    assert voice["content"] == "" and voice["flags"] == 1 << 13
    assert voice["attachments"][0]["content_type"] == "audio/ogg"


async def a_webhooks_author_is_the_webhook(raw: Raw) -> None:
    async with raw.gateway() as frames:
        await raw.stand_in.say_by_webhook(raw.general, "Persona", "hello")
        body = await frames.event("MESSAGE_CREATE")
    assert body["webhook_id"] == body["author"]["id"]
    assert body["author"]["username"] == "Persona" and "member" not in body


async def an_answer_to_a_command_comes_by_a_webhook(raw: Raw) -> None:
    robot = raw.guild.join(User("Robot", bot=True))
    async with raw.gateway() as frames:
        await raw.stand_in.answer_command(raw.general, robot, raw.ann, "pong")
        body = await frames.event("MESSAGE_CREATE")
    assert body["webhook_id"] == body["author"]["id"] == str(robot.id)
    assert body["interaction_metadata"]["user"]["id"] == str(raw.ann.id)


async def an_announcement_is_posted_on_by_a_webhook(raw: Raw) -> None:
    news = raw.guild.channel("news", ANNOUNCEMENTS)
    said = await raw.stand_in.say(news, raw.ann, "we moved")
    async with raw.gateway() as frames:
        await raw.stand_in.publish(news, said, [raw.general])
        source = await frames.event("MESSAGE_UPDATE")
        copy = await frames.event("MESSAGE_CREATE")
    assert source["flags"] & 1 and copy["flags"] & 2 and "webhook_id" in copy
    assert copy["message_reference"]["message_id"] == str(said)


async def deletions_together_come_together(raw: Raw) -> None:
    said = [await raw.stand_in.say(raw.general, raw.ann, "x") for _ in range(3)]
    async with raw.gateway() as frames:
        await raw.stand_in.delete(raw.general, *said)
        names = await frames.names(raw.stand_in, raw.general)
    assert names[-1:] == ["MESSAGE_DELETE_BULK"]


async def a_ban_may_delete_messages(raw: Raw) -> None:
    stand_in = raw.stand_in
    await stand_in.say(raw.general, raw.ann, "old", age_seconds=900)
    new = await stand_in.say(raw.general, raw.ann, "new")
    async with raw.gateway() as frames:
        await stand_in.ban(raw.guild, raw.ann, delete_seconds=600)
        banned = await frames.event("GUILD_BAN_ADD")
        names = await frames.names(stand_in, raw.general)
    assert banned["user"]["id"] == str(raw.ann.id)
    assert names == ["MESSAGE_DELETE_BULK"] and new not in raw.general.messages


async def a_mention_of_a_role_names_no_person(raw: Raw) -> None:
    role = raw.guild.managed_role
    async with raw.gateway() as frames:
        await raw.stand_in.say(raw.general, raw.ann, f"<@&{role}> hello")
        body = await frames.event("MESSAGE_CREATE")
    assert body["mention_roles"] == [str(role)] and body["mentions"] == []


async def an_interaction_is_answered_in_time_and_once(raw: Raw) -> None:
    interactions = raw.stand_in.rest.interactions
    opened = interactions.open(2, raw.general, raw.ann, {})
    path = f"/interactions/{opened.body['id']}/{opened.token}/callback"
    answer = {"content": "here", "allowed_mentions": {"parse": []}}
    assert await raw.code("POST", path, {"type": 4, "data": answer}) == 0
    assert await raw.code("POST", path, {"type": 4, "data": answer}) == 40060
    # Not 0, as a clock of Windows stands still for 16 ms.
    interactions.may_be_late, interactions.answer_seconds = True, -1.0
    late = interactions.open(2, raw.general, raw.ann, {})
    path = f"/interactions/{late.body['id']}/{late.token}/callback"
    assert await raw.code("POST", path, {"type": 4, "data": answer}) == 10062


async def a_deferred_answer_is_not_read_aloud(raw: Raw) -> None:
    opened = raw.stand_in.rest.interactions.open(2, raw.general, raw.ann, {})
    path = f"/interactions/{opened.body['id']}/{opened.token}/callback"
    assert await raw.code("POST", path, {"type": 5}) == 0
    hook = f"/webhooks/{APPLICATION_ID}/{opened.token}"
    said = {"content": "aye", "tts": True, "allowed_mentions": {"parse": []}}
    for _ in range(2):
        assert await raw.code("POST", hook, dict(said)) == 0
    assert [bool(one.payload.get("tts")) for one in opened.parts] == [False, True]


async def an_update_answers_a_component_only(raw: Raw) -> None:
    for kind, code in ((2, rules.FORM), (3, 0)):
        for answer in (6, 7):
            opened = raw.stand_in.rest.interactions.open(kind, raw.general, raw.ann, {})
            path = f"/interactions/{opened.body['id']}/{opened.token}/callback"
            data = {"content": "new", "allowed_mentions": {"parse": []}}
            assert await raw.code("POST", path, {"type": answer, "data": data}) == code


async def an_answer_to_a_command_tells_who_used_it(raw: Raw) -> None:
    opened = raw.stand_in.rest.interactions.open(2, raw.general, raw.ann, {})
    path = f"/interactions/{opened.body['id']}/{opened.token}/callback"
    data = {"content": "aye", "allowed_mentions": {"parse": []}}
    assert await raw.code("POST", path, {"type": 4, "data": data}) == 0
    (body,) = raw.general.messages.values()
    assert body["interaction_metadata"]["user"]["id"] == str(raw.ann.id)
