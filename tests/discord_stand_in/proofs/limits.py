"""Rates, blocks, tokens and the clock."""

import time
from email.utils import parsedate_to_datetime

from tests.discord_stand_in import rights
from tests.discord_stand_in.raw import Raw


async def a_full_bucket_answers_429_with_its_headers(raw: Raw) -> None:
    raw.stand_in.rest.limits.window_seconds = 5.0
    path = f"/channels/{raw.general.id}/messages"
    quiet = {"content": "hi", "allowed_mentions": {"parse": []}}
    left = []
    for _ in range(5):
        assert (await raw.ask("POST", path, quiet))[0] == 200
        left.append(raw.headers["X-RateLimit-Remaining"])
    assert left == ["4", "3", "2", "1", "0"]
    status, body = await raw.ask("POST", path, quiet)
    assert (status, body["global"]) == (429, False)
    assert raw.headers["X-RateLimit-Scope"] == "user" and "Via" in raw.headers
    assert float(raw.headers["Retry-After"]) == body["retry_after"] > 0
    other = raw.guild.channel("other")
    assert await raw.send(other) == 0


async def fifty_a_second_and_answers_are_not_counted(raw: Raw) -> None:
    raw.stand_in.rest.limits.requests_per_second = 3
    for _ in range(3):
        assert (await raw.ask("GET", "/users/@me"))[0] == 200
    status, body = await raw.ask("GET", "/users/@me")
    assert (status, body["global"]) == (429, True)
    assert raw.headers["X-RateLimit-Global"] == "true"
    assert (await raw.ask("POST", "/interactions/1/none/callback", {}))[0] == 404


async def too_many_invalid_requests_block_the_address(raw: Raw) -> None:
    raw.stand_in.rest.limits.most_invalid = 3
    for _ in range(3):
        assert (await raw.ask("GET", "/users/@me", token="wrong"))[0] == 401
    status, body = await raw.ask("GET", "/users/@me")
    assert status == 429 and body.startswith("<html>")
    assert "Via" not in raw.headers


async def a_request_without_the_token_is_refused(raw: Raw) -> None:
    for path in ("/users/@me", "/gateway/bot", f"/channels/{raw.general.id}"):
        assert (await raw.ask("GET", path, token="another"))[0] == 401


async def every_answer_tells_discords_time(raw: Raw) -> None:
    await raw.ask("GET", "/users/@me")
    assert raw.headers["Date"]
    told = parsedate_to_datetime(raw.headers["Date"]).timestamp()
    assert abs(told - time.time()) < 3


async def a_channel_has_fifteen_webhooks(raw: Raw) -> None:
    raw.allow(rights.MANAGE_WEBHOOKS)
    path = f"/channels/{raw.general.id}/webhooks"
    for _ in range(15):
        assert await raw.code("POST", path, {"name": "Ida"}) == 0
    assert await raw.code("POST", path, {"name": "Ida"}) == 30007
