"""Makes the pictures that people send fit for models, in a process of their own."""

import asyncio
import base64

from app.core.errors import UsageError
from app.core.paths import Home
from app.ipc.jobs import PictureJob
from app.service.job_runner import JobRunner

SECONDS = 6.0
"""The time for one picture, with the start of its process."""


class Pictures:
    """Decodes one picture after another; no import is before them."""

    def __init__(self, home: Home) -> None:
        self._jobs = JobRunner(home)

    async def plain(self, data: bytes) -> bytes:
        """Return a picture as a small JPEG.

        Raises:
            AppError: If it is none that can be read, or takes too long.
        """
        job = PictureJob(base64.b64encode(data).decode())
        try:
            async with asyncio.timeout(SECONDS):
                made = await self._jobs.run(job, lambda progress: None)
        except TimeoutError as error:
            raise UsageError("The picture takes too long to read.") from error
        return base64.b64decode(made.data)
