"""Words, lengths and nonces."""

from tests.discord_stand_in import rights, rules
from tests.discord_stand_in.raw import Raw


async def automatic_moderation_refuses_words_in_messages_edits_and_answers(
    raw: Raw,
) -> None:
    general = raw.general
    raw.guild.blocked_words = {"kraken": 200000, "title": 200001}
    assert await raw.send(general, "a KRAKEN") == 200000
    assert await raw.send(general, "a title") == 200001
    assert await raw.send(general, "a crab") == 0
    (own,) = general.messages
    path = f"/channels/{general.id}/messages/{own}"
    assert await raw.code("PATCH", path, {"content": "kraken"}) == 200000
    opened = raw.stand_in.rest.interactions.open(2, general, raw.ann, {})
    path = f"/interactions/{opened.body['id']}/{opened.token}/callback"
    said = {"content": "kraken", "allowed_mentions": {"parse": []}}
    assert await raw.code("POST", path, {"type": 4, "data": said}) == 200000


async def too_long_or_empty_messages_are_refused(raw: Raw) -> None:
    assert await raw.send(raw.general, "x" * 2001) == rules.FORM
    assert await raw.send(raw.general, "x" * 2000) == 0
    assert await raw.send(raw.general, "") == rules.EMPTY


async def a_nonce_is_short_and_makes_one_message(raw: Raw) -> None:
    general = raw.general
    assert await raw.send(general, nonce="n" * 26) == rules.FORM
    for _ in range(2):
        assert await raw.send(general, nonce="once", enforce_nonce=True) == 0
    assert len(general.messages) == 1
    assert await raw.send(general, nonce="once") == 0
    assert len(general.messages) == 2


async def a_page_of_history_has_at_most_a_hundred(raw: Raw) -> None:
    for number in range(101):
        await raw.stand_in.say(raw.general, raw.ann, f"line {number}")
    path = f"/channels/{raw.general.id}/messages"
    assert await raw.code("GET", f"{path}?limit=101") == rules.FORM
    assert len((await raw.ask("GET", f"{path}?limit=100"))[1]) == 100
    assert len((await raw.ask("GET", path))[1]) == 50


async def buttons_have_ids_of_their_own(raw: Raw) -> None:
    def rows(*ids: str) -> list[dict[str, object]]:
        buttons = [{"type": 2, "style": 2, "label": "a", "custom_id": i} for i in ids]
        return [{"type": 1, "components": buttons}]

    assert await raw.send(raw.general, components=rows("a", "b")) == 0
    for wrong in (rows("a", "a"), rows(""), rows("x" * 101)):
        assert await raw.send(raw.general, components=wrong) == rules.FORM
    (own,) = raw.general.messages
    path = f"/channels/{raw.general.id}/messages/{own}"
    assert await raw.code("PATCH", path, {"components": rows("a", "a")}) == rules.FORM


async def the_event_of_a_message_tells_its_nonce(raw: Raw) -> None:
    async with raw.gateway() as frames:
        await raw.send(raw.general, nonce="once", enforce_nonce=True)
        assert (await frames.event("MESSAGE_CREATE"))["nonce"] == "once"


async def some_names_of_webhooks_are_refused(raw: Raw) -> None:
    raw.allow(rights.MANAGE_WEBHOOKS)
    path = f"/channels/{raw.general.id}/webhooks"
    assert await raw.code("POST", path, {"name": "I" * 80}) == 0
    for name in ("", "I" * 81, "Clyde", "my Discord"):
        assert await raw.code("POST", path, {"name": name}) == rules.FORM, name


async def a_webhooks_picture_is_in_its_address(raw: Raw) -> None:
    raw.allow(rights.MANAGE_WEBHOOKS)
    path, wanted = f"/channels/{raw.general.id}/webhooks", {"name": "Ida"}
    picture = "data:image/png;base64,iVBORw0KGgo="
    assert await raw.code("POST", path, wanted | {"avatar": picture}) == 0
    elsewhere = wanted | {"avatar": "https://x/ida.png"}
    assert await raw.code("POST", path, elsewhere) == rules.FORM


async def a_webhook_says_the_same_twice(raw: Raw) -> None:
    raw.allow(rights.MANAGE_WEBHOOKS)
    path = f"/channels/{raw.general.id}/webhooks"
    _, made = await raw.ask("POST", path, {"name": "Ida"})
    hook = f"/webhooks/{made['id']}/{made['token']}?wait=true"
    quiet = {"content": "x", "allowed_mentions": {"parse": []}}
    same = quiet | {"nonce": "1", "enforce_nonce": True}
    first, second = [(await raw.ask("POST", hook, same))[1]["id"] for _ in range(2)]
    assert first != second
