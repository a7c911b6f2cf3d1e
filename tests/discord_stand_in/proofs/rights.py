"""Permissions, per request."""

from tests.discord_stand_in import rights, rules
from tests.discord_stand_in.raw import Raw
from tests.discord_stand_in.world import (
    CATEGORY,
    FORUM,
    MEDIA,
    PRIVATE_THREAD,
    VOICE_CHANNEL,
    User,
)


async def nothing_works_in_a_channel_it_cannot_see(raw: Raw) -> None:
    general, stand_in = raw.general, raw.stand_in
    said = await stand_in.say(general, raw.ann, "hello")
    body = await stand_in.rest.keep_message(general, {"content": "my own"})
    own = f"/channels/{general.id}/messages/{body['id']}"
    raw.deny(rights.VIEW_CHANNEL)
    path = f"/channels/{general.id}"
    for method, where in (
        ("GET", path),
        ("GET", f"{path}/messages"),
        ("GET", f"{path}/messages/{said}"),
        ("POST", f"{path}/typing"),
        ("GET", f"{path}/threads/archived/public"),
        ("PUT", f"{path}/messages/{said}/reactions/%F0%9F%91%8D/@me"),
        ("DELETE", own),
    ):
        assert await raw.code(method, where) == rules.ACCESS, where
    assert await raw.code("PATCH", own, {"content": "b"}) == rules.ACCESS
    assert await raw.send(general) == rules.ACCESS


async def writing_needs_send_messages(raw: Raw) -> None:
    assert await raw.send(raw.general) == 0
    raw.deny(rights.SEND_MESSAGES)
    assert await raw.send(raw.general) == rules.PERMISSIONS
    path = f"/channels/{raw.general.id}/typing"
    assert await raw.code("POST", path) == rules.PERMISSIONS


async def writing_in_threads_is_a_right_of_its_own(raw: Raw) -> None:
    thread = raw.guild.thread(raw.general, "a thread")
    raw.deny(rights.SEND_MESSAGES)
    assert await raw.send(thread) == 0
    raw.deny(rights.SEND_IN_THREADS, rights.SEND_MESSAGES)
    raw.general.rights.pop(0)
    assert await raw.send(thread) == rules.PERMISSIONS


async def a_private_thread_is_closed_to_others(raw: Raw) -> None:
    thread = raw.guild.thread(raw.general, "secret", PRIVATE_THREAD)
    assert await raw.send(thread) == rules.ACCESS
    thread.thread_members.add(raw.stand_in.bot.id)
    assert await raw.send(thread) == 0
    thread.thread_members.clear()
    raw.allow(rights.MANAGE_THREADS)
    assert await raw.send(thread) == 0


async def a_locked_thread_takes_no_message(raw: Raw) -> None:
    thread = raw.guild.thread(raw.general, "a thread")
    thread.locked = True
    assert await raw.send(thread) == rules.LOCKED.code


async def an_archived_thread_takes_no_edit(raw: Raw) -> None:
    thread = raw.guild.thread(raw.general, "a thread")
    assert await raw.send(thread) == 0
    (own,) = thread.messages
    thread.archived = True
    path = f"/channels/{thread.id}/messages/{own}"
    assert await raw.code("PATCH", path, {"content": "b"}) == rules.ARCHIVED
    assert await raw.send(thread) == 0 and not thread.archived


async def history_is_empty_without_its_right(raw: Raw) -> None:
    await raw.stand_in.say(raw.general, raw.ann, "hello")
    path = f"/channels/{raw.general.id}/messages"
    assert len((await raw.ask("GET", path))[1]) == 1
    raw.deny(rights.READ_HISTORY)
    assert await raw.ask("GET", path) == (200, [])


async def one_message_needs_the_right_to_history(raw: Raw) -> None:
    said = await raw.stand_in.say(raw.general, raw.ann, "hello")
    raw.deny(rights.READ_HISTORY)
    path = f"/channels/{raw.general.id}/messages/{said}"
    assert await raw.code("GET", path) == rules.PERMISSIONS


async def archived_threads_need_the_right_to_history(raw: Raw) -> None:
    raw.deny(rights.READ_HISTORY)
    path = f"/channels/{raw.general.id}/threads/archived/public"
    assert await raw.code("GET", path) == rules.PERMISSIONS


async def a_voice_channels_text_needs_connect(raw: Raw) -> None:
    voice = raw.guild.channel("voice", VOICE_CHANNEL)
    assert await raw.send(voice) == 0
    raw.deny(rights.CONNECT, channel=voice)
    assert await raw.code("GET", f"/channels/{voice.id}/messages") == rules.ACCESS


async def a_reply_needs_the_right_to_history(raw: Raw) -> None:
    said = await raw.stand_in.say(raw.general, raw.ann, "hello")
    reference = {"message_id": str(said)}
    assert await raw.send(raw.general, message_reference=reference) == 0
    raw.deny(rights.READ_HISTORY)
    code = await raw.send(raw.general, message_reference=reference)
    assert code == rules.NO_HISTORY


async def a_notice_cannot_be_replied_to(raw: Raw) -> None:
    notice = await raw.stand_in.say(raw.general, raw.ann, "", type=7)
    reference = {"message_id": str(notice)}
    assert await raw.send(raw.general, message_reference=reference) == rules.FORM


async def a_reply_to_nothing_fails_where_it_should(raw: Raw) -> None:
    reference: dict[str, object] = {"message_id": "1"}
    assert await raw.send(raw.general, message_reference=reference) == rules.FORM
    reference["fail_if_not_exists"] = False
    assert await raw.send(raw.general, message_reference=reference) == 0


async def embeds_files_and_speech_need_their_rights(raw: Raw) -> None:
    general = raw.general
    assert await raw.send(general, embeds=[{"title": "x"}]) == rules.PERMISSIONS
    raw.allow(rights.EMBED_LINKS)
    assert await raw.send(general, embeds=[{"title": "x"}]) == 0
    assert await raw.send(general, tts=True) == 0
    raw.deny(rights.SEND_TTS, rights.ATTACH_FILES)
    assert await raw.send(general, tts=True) == rules.PERMISSIONS
    assert await raw.send_file(general) == rules.PERMISSIONS


async def reactions_need_their_rights(raw: Raw) -> None:
    said = await raw.stand_in.say(raw.general, raw.ann, "hello")
    path = f"/channels/{raw.general.id}/messages/{said}/reactions/%F0%9F%91%8D/@me"
    assert await raw.code("PUT", path) == 0
    raw.deny(rights.ADD_REACTIONS)
    assert await raw.code("PUT", path) == rules.PERMISSIONS
    thumb = {"emoji": {"id": None, "name": "👍"}, "count": 1}
    raw.general.messages[said]["reactions"] = [thumb]
    assert await raw.code("PUT", path) == 0, "somebody's reaction may be joined"


async def only_an_emoji_is_a_reaction(raw: Raw) -> None:
    said = await raw.stand_in.say(raw.general, raw.ann, "hello")
    path = f"/channels/{raw.general.id}/messages/{said}/reactions"
    assert await raw.code("PUT", f"{path}/yes/@me") == rules.UNKNOWN_EMOJI
    custom = "wave:123456789012345678"
    assert await raw.code("PUT", f"{path}/{custom}/@me") == 0


async def others_messages_stay(raw: Raw) -> None:
    said = await raw.stand_in.say(raw.general, raw.ann, "hello")
    path = f"/channels/{raw.general.id}/messages/{said}"
    assert await raw.code("PATCH", path, {"content": "x"}) == rules.NOT_AUTHOR
    assert await raw.code("DELETE", path) == rules.PERMISSIONS
    raw.allow(rights.MANAGE_MESSAGES)
    assert await raw.code("DELETE", path) == 0


async def a_forum_takes_posts_only(raw: Raw) -> None:
    for kind in (FORUM, MEDIA, CATEGORY):
        channel = raw.guild.channel("a place", kind)
        assert await raw.send(channel) == rules.NO_TEXT
    forum = raw.guild.channel("forum", FORUM)
    post = await raw.stand_in.post(forum, raw.ann, "Title", "first words")
    assert list(post.messages) == [post.id] and await raw.send(post) == 0


async def in_time_out_it_may_only_look(raw: Raw) -> None:
    raw.guild.timed_out.add(raw.stand_in.bot.id)
    path = f"/channels/{raw.general.id}/messages"
    assert await raw.code("GET", path) == 0
    assert await raw.send(raw.general) == rules.PERMISSIONS


async def a_command_is_answered_where_it_may_not_write(raw: Raw) -> None:
    raw.deny(rights.VIEW_CHANNEL)
    opened = raw.stand_in.rest.interactions.open(2, raw.general, raw.ann, {})
    path = f"/interactions/{opened.body['id']}/{opened.token}/callback"
    answer = {"content": "here", "allowed_mentions": {"parse": []}}
    assert await raw.code("POST", path, {"type": 4, "data": answer}) == 0
    assert opened.text == "here" and opened.message is not None
    own = f"/channels/{raw.general.id}/messages/{opened.message['id']}"
    assert await raw.code("PATCH", own, {"content": "x"}) == rules.ACCESS


async def slow_mode_is_not_for_bots(raw: Raw) -> None:
    raw.general.slow_seconds = 60
    assert await raw.send(raw.general) == 0
    assert await raw.send(raw.general) == 0


async def a_person_may_take_no_direct_messages(raw: Raw) -> None:
    direct = raw.stand_in.direct_channel(raw.ann)
    assert await raw.send(direct) == 0
    raw.ann.takes_direct = False
    assert await raw.send(direct) == 50007


async def a_stranger_is_no_member(raw: Raw) -> None:
    path = f"/guilds/{raw.guild.id}/members"
    assert await raw.code("GET", f"{path}/{raw.ann.id}") == 0
    assert await raw.code("GET", f"{path}/{User('Cleo').id}") == 10007


async def webhooks_need_manage_webhooks(raw: Raw) -> None:
    path = f"/channels/{raw.general.id}/webhooks"
    assert await raw.code("POST", path, {"name": "Ida"}) == rules.PERMISSIONS
    raw.allow(rights.MANAGE_WEBHOOKS)
    _, made = await raw.ask("POST", path, {"name": "Ida"})
    hook = f"/webhooks/{made['id']}"
    raw.deny(rights.MANAGE_WEBHOOKS)
    assert await raw.code("GET", hook) == await raw.code("DELETE", hook)
    assert await raw.code("GET", hook) == rules.PERMISSIONS


async def a_webhook_changes_its_own_messages_alone(raw: Raw) -> None:
    raw.allow(rights.MANAGE_WEBHOOKS)
    path = f"/channels/{raw.general.id}/webhooks"
    _, made = await raw.ask("POST", path, {"name": "Ida"})
    said = await raw.stand_in.say(raw.general, raw.ann, "hello")
    quiet = {"content": "x", "allowed_mentions": {"parse": []}}
    hook = f"/webhooks/{made['id']}/{made['token']}"
    _, own = await raw.ask("POST", f"{hook}?wait=true", quiet)
    messages = f"{hook}/messages"
    assert await raw.code("PATCH", f"{messages}/{own['id']}", quiet) == 0
    assert await raw.code("DELETE", f"{messages}/{own['id']}") == 0
    for method in ("PATCH", "DELETE"):
        found = await raw.code(method, f"{messages}/{said}", quiet)
        assert found == rules.UNKNOWN_MESSAGE
