"""Pictures that people send, decoded in a process with limits of its own."""

import base64
import io
import struct
import zlib

import pytest
from PIL import Image

from app.core.errors import AppError
from app.core.paths import Home
from app.ipc.jobs import PictureJob
from app.jobs.picture import MOST_SIDE
from app.service.job_runner import JobRunner, Senses

pytestmark = pytest.mark.process


def file(form: str, size=(40, 30), mode="RGB", **more) -> bytes:
    data = io.BytesIO()
    Image.new(mode, size, (200, 30, 40, 0)[: len(mode)]).save(data, form, **more)
    return data.getvalue()


async def made_of(home: Home, data: bytes) -> bytes:
    job = PictureJob(base64.b64encode(data).decode())
    reply = await JobRunner(home).run(job, lambda progress: None)
    return base64.b64decode(reply.data)


async def plain(home: Home, data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(await made_of(home, data)))


def middle(picture: Image.Image) -> tuple[int, ...]:
    pixel = picture.getpixel((20, 15))
    assert isinstance(pixel, tuple)
    return tuple(map(int, pixel))


def chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def bomb(side: int) -> bytes:
    """A PNG of few bytes that would be billions of pixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


async def test_the_memory_that_a_picture_takes_is_told(home):
    senses = Senses(home)
    assert senses.memory == {}
    await senses.plain(file("PNG"))
    small = senses.memory["context.pictures"]
    await senses.plain(file("PNG", (3000, 2000), "RGBA"))
    assert 10 << 20 < small < senses.memory["context.pictures"] - (15 << 20)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_pictures_of_each_form_become_a_jpeg_of_their_size(home, form):
    made = await plain(home, file(form))
    assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (40, 30))
    red, green, blue = middle(made)
    assert red > 180 and green < 60 and blue < 70


async def test_a_large_photo_becomes_small_and_loses_what_the_camera_noted(home):
    exif = Image.Exif()
    exif[0x0112] = 6  # The camera was turned.
    exif[0x010F] = "Secret Camera"
    data = await made_of(home, file("JPEG", (3000, 2000), exif=exif))
    made = Image.open(io.BytesIO(data))
    assert made.size == (512, MOST_SIDE)
    assert not made.getexif()
    assert b"Secret" not in data


async def test_what_is_transparent_shows_paper(home):
    made = await plain(home, file("PNG", mode="RGBA"))
    assert middle(made) == (255, 255, 255)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        file("PNG")[:60],
        file("BMP"),
        file("TIFF"),
        bomb(60_000),
        file("PNG", (8_000, 8_000), "L"),
        b"\x89PNG\r\n\x1a\n" + bytes(200),
    ],
    ids=["empty", "text", "cut", "bmp", "tiff", "bomb", "too many pixels", "zeros"],
)
async def test_what_is_no_picture_of_those_or_too_large_is_refused(home, data):
    with pytest.raises(AppError, match="cannot be read"):
        await plain(home, data)
