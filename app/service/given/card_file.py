"""The JSON of a character card, out of a PNG picture or a JSON file.

Cards follow the specifications V1 and V2 (malfoyslastname/character-card-spec-v2 on
GitHub) and V3 (kwaroran/character-card-spec-v3): base64 of JSON in UTF-8, in a `tEXt`
chunk named `chara`, or `ccv3`, which counts more. No picture is decoded.
"""

import base64
import binascii
import struct
import zlib
from collections.abc import Collection, Iterator

import orjson

from app.core.errors import UsageError

Json = dict[str, object]

MOST_BYTES = 16 << 20
"""Of the file, most of which is a picture."""

MOST_CARD_BYTES = 2 << 20
"""Of the JSON in it."""

MOST_CHUNKS = 10_000
SIGNATURE = b"\x89PNG\r\n\x1a\n"
DRAWN = (b"IHDR", b"PLTE", b"tRNS", b"IDAT")
END = b"\0\0\0\0IEND\xaeB`\x82"
NAMES = (b"ccv3", b"chara")
"""Names of chunks with a card, the one that counts more first."""

HINT = "Save the character as PNG or JSON in the program that it comes from."


def read_card(data: bytes) -> Json:
    """Return the card in a file's bytes.

    Raises:
        UsageError: If there is none, or it is damaged or too large.
    """
    if len(data) > MOST_BYTES:
        raise UsageError(f"The card has more than {MOST_BYTES >> 20} MB.", HINT)
    text = _of_picture(data) if data.startswith(SIGNATURE) else data
    if len(text) > MOST_CARD_BYTES:
        raise UsageError(
            f"The text of the card has more than {MOST_CARD_BYTES >> 20} MB.",
            "Shorten its lorebook.",
        )
    try:
        # Its decoder refuses what is nested too deeply, and text that is not UTF-8.
        found = orjson.loads(text.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise UsageError("The file is not a character card.", HINT) from error
    if not isinstance(found, dict):
        raise UsageError("The file is not a character card.", HINT)
    return found


def picture_of(data: bytes) -> bytes | None:
    """Return a card's picture without the card in it; None if it has none.

    Only what draws it stays: its head, palette, transparency and pixels.
    """
    if not data.startswith(SIGNATURE):
        return None
    drawn = b"".join(
        struct.pack(">I", len(body)) + kind + body + zlib.crc32(kind + body).to_bytes(4)
        for kind, body in _chunks(data, DRAWN)
    )
    return SIGNATURE + drawn + END


def _of_picture(data: bytes) -> bytes:
    """Return the JSON in a PNG picture."""
    found: dict[bytes, bytes] = {}
    for kind, body in _chunks(data):
        if kind == b"tEXt":
            name, _, text = body.partition(b"\0")
            found.setdefault(name.lower(), text)
    texts = [found[name] for name in NAMES if name in found]
    if not texts:
        raise UsageError("The picture holds no character card.", HINT)
    text = texts[0]
    if len(text) > MOST_CARD_BYTES * 2:
        raise UsageError(
            f"The text of the card has more than {MOST_CARD_BYTES >> 20} MB.",
            "Shorten its lorebook.",
        )
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error as error:
        raise UsageError("The card in the picture is damaged.", HINT) from error


def _chunks(
    data: bytes, wanted: Collection[bytes] = (b"tEXt",)
) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the body of each chunk of some kinds up to the picture's end.

    See "PNG (Portable Network Graphics) Specification", 5.3: length, kind, body, CRC.
    """
    at = len(SIGNATURE)
    for _ in range(MOST_CHUNKS):
        head = data[at : at + 8]
        if len(head) < 8:
            break
        size, kind = struct.unpack(">I4s", head)
        end = at + 8 + size
        if end + 4 > len(data):
            break
        if kind == b"IEND":
            return
        if kind in wanted:
            body = data[at + 8 : end]
            if zlib.crc32(kind + body) != int.from_bytes(data[end : end + 4], "big"):
                break
            yield kind, body
        at = end + 4
    raise UsageError("The picture is damaged.", HINT)
