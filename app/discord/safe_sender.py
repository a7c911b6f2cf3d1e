"""Sends each part once whatever the network does, within Discord's rates."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import aiohttp
import discord

from app.chat.postprocess import neutralise
from app.discord.actions.reply_buttons import stop_button
from app.discord.messages import Talk, Writable
from app.discord.talk.character_hooks import Mouth

log = logging.getLogger(__name__)

_EMOJI_NAME = re.compile(r"(?<![\w<:]):(\w{2,32}):(?!\d)")
"""An emoji as exports of other programs write it, without its number."""

TYPING_AFTER_SECONDS = 0.3
"""The time within which a reply needs no typing sign."""

TYPING_AGAIN_SECONDS = 8.0
"""The interval of the typing sign; Discord removes it after ten seconds."""

Buttons = Callable[[], discord.ui.View]
"""Makes buttons anew for each message, since py-cord lets a view follow its message."""
MaySend = Callable[[], Awaitable[bool]]
"""Asked right before words leave; False if they must not be said any more."""

SEND_TRIES = 6
FIRST_RETRY_SECONDS = 0.5


class WordsGoneError(Exception):
    """Tells that what was to be said was forgotten or hidden meanwhile."""


def as_sent(text: str, channel: object) -> str:
    """Return a text without pings and secrets, and with the server's own emoji."""
    text = neutralise(text)[0]
    guild = getattr(channel, "guild", None)
    if guild is None or ":" not in text:
        return text
    own = {emoji.name: str(emoji) for emoji in guild.emojis if emoji.available}
    return _EMOJI_NAME.sub(lambda found: own.get(found[1], found[0]), text)


async def always() -> bool:
    """Let words pass that come from no message."""
    return True


async def send_parts(
    channel: discord.abc.Messageable,
    parts: Sequence[str],
    nonce: int,
    *,
    reference: discord.MessageReference | None = None,
    files: Sequence[Callable[[], discord.File]] = (),
    tts: bool = False,
    view: Buttons | None = None,
    may_send: MaySend = always,
    sent: list[int] | None = None,
    mouth: Mouth | None = None,
    voice: Callable[[], discord.VoiceMessage] | None = None,
) -> list[int]:
    """Send the parts of one reply, one message each; return their ids.

    Whatever wrote them, no secret and no ping gets past this place.

    The nonce comes from the answered message, so that Discord recognises a repeated
    part, even from another process of the bot.

    Args:
        view: Buttons under the last part.
        sent: Takes each id at once, so that after an error it has what was said.
        mouth: The webhook of the character who speaks, which can reply to nothing.
        voice: A voice message that says all parts, sent instead if Discord takes it.

    Raises:
        WordsGoneError: If the words may not be said any more.
        HookGoneError: If the webhook is gone.
    """
    ids = [] if sent is None else sent
    if voice and (said := await _speak(channel, voice, nonce, reference, may_send)):
        ids.append(said)
        return ids
    # Without the right Discord would refuse the words as well.
    tts = tts and _has(channel, "send_tts_messages")
    for number, part in enumerate(parts):
        first = number == 0
        buttons = view if number == len(parts) - 1 else None
        if mouth is not None:
            text, shown = as_sent(part, channel), files if first else ()
            ids.append(await _say(mouth, text, shown, tts, buttons, may_send, ids))
            continue
        message = await _send_once(
            channel,
            as_sent(part, channel),
            f"{nonce}-{number}",
            reference if first else None,
            files if first else (),
            tts,
            buttons,
            may_send,
        )
        ids.append(message.id)
    return ids


async def _speak(
    channel: discord.abc.Messageable,
    voice: Callable[[], discord.VoiceMessage],
    nonce: int,
    reference: discord.MessageReference | None,
    may_send: MaySend,
) -> int | None:
    """Send a voice message; return its id, or None if Discord takes none here."""
    try:
        said = await _send_once(
            channel, "", f"{nonce}-0", reference, [voice], False, None, may_send
        )
    except discord.HTTPException as error:
        if _may_pass(error):
            raise
        log.warning("Discord took no voice message: %s", error)
        return None
    return said.id


async def replace_parts(
    channel: Talk,
    old: Sequence[int],
    parts: Sequence[str],
    nonce: int,
    *,
    sent: list[int],
    files: Sequence[Callable[[], discord.File]] = (),
    view: Buttons | None = None,
    may_send: MaySend = always,
    mouth: Mouth | None = None,
) -> None:
    """Put the parts in place of old messages, which stay beyond the parts.

    Args:
        mouth: The webhook that wrote the old ones and writes the new ones.
        sent: Takes the ids of what shows a part, each at once.

    Raises:
        WordsGoneError: If the words may not be said any more.
    """
    there: list[discord.Message] = []
    for one in old[: len(parts)]:
        with suppress(discord.NotFound):
            there.append(await channel.fetch_message(one))
    for number, message in enumerate(there):
        if not await may_send():
            raise WordsGoneError
        first, last = number == 0, number == len(parts) - 1
        if mouth is not None:
            shown, buttons = [make() for make in files] if first else [], view
            text = as_sent(parts[number], channel)
            await mouth.edit(message.id, text, shown, _made(buttons) if last else None)
            sent.append(message.id)
            continue
        await message.edit(
            content=as_sent(parts[number], channel),
            attachments=[],
            files=[make() for make in files] if first else [],
            view=_made(view) if last else None,
        )
        sent.append(message.id)
    rest = parts[len(there) :]
    await send_parts(
        channel, rest, nonce, view=view, may_send=may_send, sent=sent, mouth=mouth
    )


async def _send_once(
    channel: discord.abc.Messageable,
    text: str,
    nonce: str,
    reference: discord.MessageReference | None,
    files: Sequence[Callable[[], discord.File]],
    tts: bool,
    view: Buttons | None,
    may_send: MaySend,
) -> discord.Message:
    """Send, and send again under the same nonce after a lost connection.

    What Discord took before the connection was lost counts, though it refuses the same
    words now.
    """
    for attempt in range(SEND_TRIES):
        if not await may_send():
            raise WordsGoneError
        try:
            # py-cord's types do not allow None for these, though it is valid.
            sent = await channel.send(
                text or None,
                nonce=nonce,
                enforce_nonce=True,
                reference=reference,  # type: ignore[arg-type]
                files=[make() for make in files] or None,  # type: ignore[arg-type]
                tts=tts,
                view=_made(view),  # type: ignore[arg-type]
            )
            if sent.content.strip() != text.strip():
                # Half of it was shown before the bot was killed.
                with suppress(discord.NotFound):
                    await sent.edit(content=text, view=_made(view))
            return sent
        except (aiohttp.ClientError, OSError, discord.HTTPException) as error:
            if attempt == SEND_TRIES - 1 or not _may_pass(error):
                # py-cord tries again by itself as well.
                if (there := _heard_back(channel, nonce)) is not None:
                    return there
                raise
            log.info("Sending again after %s", type(error).__name__)
            await asyncio.sleep(FIRST_RETRY_SECONDS * 2**attempt)
    raise AssertionError("the last try returns or raises")


async def _say(
    mouth: Mouth,
    text: str,
    files: Sequence[Callable[[], discord.File]],
    tts: bool,
    view: Buttons | None,
    may_send: MaySend,
    known: Sequence[int],
) -> int:
    """Say a part through a webhook once; return its id.

    Webhooks know no nonce, so after a lost connection the channel tells whether Discord
    took it.

    Args:
        known: The ids of the parts before it.
    """
    before = mouth.place.last_message_id or 0
    for attempt in range(SEND_TRIES):
        if not await may_send():
            raise WordsGoneError
        try:
            if attempt and (there := await mouth.find(text, before, known)):
                return there.id
            shown = [make() for make in files]
            return (await mouth.send(text, shown, _made(view), tts=tts)).id
        except (aiohttp.ClientError, OSError, discord.HTTPException) as error:
            if attempt == SEND_TRIES - 1 or not _may_pass(error):
                raise
            log.info("Saying again after %s", type(error).__name__)
            await asyncio.sleep(FIRST_RETRY_SECONDS * 2**attempt)
    raise AssertionError("the last try returns or raises")


def _heard_back(channel: discord.abc.Messageable, nonce: str) -> discord.Message | None:
    """Return the message of a nonce, if Discord told of it.

    resources/message#create-message: a nonce "will appear in the Message Create event".
    """
    known = channel._state._messages or ()
    return next((one for one in reversed(known) if one.nonce == nonce), None)


def _made(view: Buttons | None) -> discord.ui.View | None:
    return view() if view else None


def _may_pass(error: Exception) -> bool:
    """Return whether a retry may succeed: after a cut line, 5xx, a full bucket."""
    if isinstance(error, discord.HTTPException):
        return error.status >= 500 or error.status == 429
    return True


AUTOMOD = (200000, 200001)
"""Discord's codes for words that the server's AutoMod does not take."""


def is_blocked(error: Exception) -> bool:
    """Return whether AutoMod refused the words, so that others may pass."""
    return isinstance(error, discord.HTTPException) and error.code in AUTOMOD


def refusal_of(error: Exception) -> str | None:
    """Return why Discord refuses a message for good; None if a retry may help."""
    if _may_pass(error) or not isinstance(error, discord.HTTPException):
        return None
    if is_blocked(error):
        return "the server's AutoMod blocks these words"
    if isinstance(error, discord.Forbidden):
        return "I do not have permission to write here"
    return error.text.splitlines()[0] if error.text else str(error)


def reference_to(channel: Talk, message_id: int) -> discord.MessageReference | None:
    """Return a reply's reference that stays harmless when the message is gone.

    Without the right to read the history Discord takes messages, and no replies.
    """
    if not _has(channel, "read_message_history"):
        return None
    return discord.MessageReference(
        message_id=message_id, channel_id=channel.id, fail_if_not_exists=False
    )


def _has(channel: discord.abc.Messageable, right: str) -> bool:
    if not isinstance(channel, Talk):
        return True
    me = channel.guild.me
    return me is None or bool(getattr(channel.permissions_for(me), right))


@asynccontextmanager
async def typing(channel: Writable) -> AsyncIterator[None]:
    """Show the typing sign if the block takes longer than a moment."""

    async def show() -> None:
        await asyncio.sleep(TYPING_AFTER_SECONDS)
        # A missing sign is no reason to drop the reply.
        with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
            while True:
                await channel.trigger_typing()
                await asyncio.sleep(TYPING_AGAIN_SECONDS)

    task = asyncio.create_task(show())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class StreamedMessage:
    """A message that grows by edits, within Discord's edit rate."""

    def __init__(
        self,
        channel: Talk,
        trigger: int,
        clock: Callable[[], float],
        seconds_between: float = 1.5,
        *,
        has_buttons: bool = False,
        answered: Callable[[int], int] = lambda trigger: trigger,
    ) -> None:
        """Prepare.

        Args:
            answered: Returns the message to refer to, for a trigger whose place another
                one may have taken.
        """
        self._answered = answered
        self._has_buttons = has_buttons
        self._channel = channel
        self._trigger = trigger
        self._clock = clock
        self._between = seconds_between
        self._message: discord.Message | None = None
        self._shown = ""
        self._withdrawn = 0
        self._last = clock()

    @property
    def id(self) -> int | None:
        return self._message.id if self._message else None

    async def show(self, text: str) -> None:
        """Show the text so far, unless the last edit was a moment ago.

        One that fails is no loss: the next one has its words.
        """
        if self._clock() - self._last < self._between or not text.strip():
            return
        self._last = self._clock()
        try:
            stop = partial(stop_button, self._trigger) if self._has_buttons else None
            await self._put(text, stop)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("A part of a reply was not shown: %s", error)

    async def finish(
        self, text: str, view: Buttons | None = None, may_send: MaySend = always
    ) -> None:
        """Show the final text in any case, trying again what may pass.

        Raises:
            WordsGoneError: If the words may not be said any more.
        """
        for attempt in range(SEND_TRIES):
            if not await may_send():
                raise WordsGoneError
            try:
                await self._put(text, view, is_last=True)
            except (aiohttp.ClientError, OSError, discord.HTTPException) as error:
                if attempt == SEND_TRIES - 1 or not _may_pass(error):
                    raise
                log.info("Editing again after %s", type(error).__name__)
                await asyncio.sleep(FIRST_RETRY_SECONDS * 2**attempt)
            else:
                return

    async def withdraw(self) -> None:
        """Delete what was shown: it must not be said after all."""
        message, self._message, self._shown = self._message, None, ""
        if message is not None:
            self._withdrawn += 1
            with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
                await message.delete()

    async def _put(
        self, text: str, view: Buttons | None, *, is_last: bool = False
    ) -> None:
        text = as_sent(text, self._channel)
        changes_buttons = is_last and self._has_buttons
        if not text.strip() or (text == self._shown and not changes_buttons):
            return
        if self._message is None:
            self._message = await _send_once(
                self._channel,
                text,
                f"{self._trigger}-{'w' * self._withdrawn}0",
                reference_to(self._channel, self._answered(self._trigger)),
                (),
                False,
                view,
                always,
            )
        else:
            # Somebody who deletes it half-written does not want the rest.
            with suppress(discord.NotFound):
                await self._message.edit(content=text, view=_made(view))
        self._shown = text
        self._last = self._clock()
