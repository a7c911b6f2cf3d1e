"""Makes a small plain JPEG of a picture from Discord, with little memory and time.

Whatever a picture does to its decoder, it does to this process alone. What comes out
holds no place, date or other note of the camera.
"""

import base64
import io
import sys

from PIL import Image, ImageOps

from app.core.errors import UsageError
from app.core.system.memory_limit import limit_memory
from app.ipc.jobs import PictureJob, PictureJobReply

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")

MOST_PIXELS = 50_000_000
"""The most pixels to decode; the largest photos of phones have as many."""

MOST_SIDE = 768
"""The longest side that comes out, in pixels; models look no closer."""

MOST_MEMORY, MOST_SECONDS = 640 << 20, 10
QUALITY = 85
PAPER = "white"
"""Shows where a picture is transparent."""


def run(request: PictureJob) -> PictureJobReply:
    """Carry out the job.

    Raises:
        UsageError: If it is no picture, or too large.
    """
    _limit()
    try:
        data = _plain(base64.b64decode(request.data))
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        raise UsageError("The picture cannot be read.") from error
    return PictureJobReply(base64.b64encode(data).decode())


def _plain(data: bytes) -> bytes:
    # Sizes are checked here, before anything is decoded.
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        width, height = picture.size
        if width * height > MOST_PIXELS:
            raise ValueError(f"{width} x {height} pixels are too many")
        picture.draft("RGB", (MOST_SIDE, MOST_SIDE))
        picture.thumbnail((MOST_SIDE, MOST_SIDE))
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
    paper = Image.new("RGB", upright.size, PAPER)
    paper.paste(upright, mask=upright)
    out = io.BytesIO()
    paper.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _limit() -> None:
    """Keep this process from taking more than a large photo needs."""
    limit_memory(MOST_MEMORY)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
