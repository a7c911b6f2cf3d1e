"""Writes down what a voice message says, with whisper.cpp, on this computer alone.

Whatever a file does to its decoder, it does to this process alone.
"""

import base64
import io
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.core.errors import UsageError
from app.core.system.memory_limit import limit_memory
from app.ipc.jobs import SpeechJob, SpeechJobReply

if TYPE_CHECKING:
    from soundfile import SoundFile

NICENESS = 5

RATE = 16_000
"""The samples per second that whisper.cpp hears."""

MOST_SECONDS = 120
"""The longest message that is heard; people say more in words."""

MOST_CHANNELS, HIGHEST_RATE = 2, 48_000
"""The most that a file may have of both, as it is decoded whole."""

FRAMES_A_SECOND, LEAST_FRAMES, MOST_FRAMES = 50, 256, 1500
"""The frames of the encoder: fewer for a short message, which is then soon written."""

_NOTE = re.compile(r"\[[^][]*+]|\([^()]*+\)|\*[^*]*\*|♪[^♪]*♪?")
"""A note of what is heard besides words, such as [BLANK_AUDIO] or (music)."""

MOST_MEMORY = 2 << 30
"""The bytes that hearing a long message may take, besides twice those of the model."""

Sound = npt.NDArray[np.float32]


def run(request: SpeechJob) -> SpeechJobReply:
    """Carry out the job.

    Raises:
        UsageError: If it is no sound, too long, or a part is not installed.
    """
    # A debugger's view of an aborted decoder would take seconds, and tell nobody more.
    os.environ["GGML_NO_BACKTRACE"] = "1"
    try:
        import soundfile
        from pywhispercpp.model import Model
    except ImportError as error:
        raise UsageError(
            "The libraries that hear voice messages are not installed.",
            "Install them with `pip install 'mynah[speech]'`.",
        ) from error
    try:
        with soundfile.SoundFile(io.BytesIO(base64.b64decode(request.data))) as file:
            sound = _sound(file)
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError("The voice message cannot be read.") from error
    limit_memory(MOST_MEMORY + 2 * Path(request.model).stat().st_size)
    seconds = len(sound) / RATE
    frames = min(max(int(seconds * FRAMES_A_SECOND) + 64, LEAST_FRAMES), MOST_FRAMES)
    model = Model(
        request.model,
        redirect_whispercpp_logs_to=sys.stderr,
        context_params={"use_gpu": False},
        n_threads=request.threads,
    )
    said = model.transcribe(
        sound, language="auto", audio_ctx=frames, print_progress=False
    )
    return SpeechJobReply(words_of(" ".join(segment.text for segment in said)))


def words_of(heard: str) -> str:
    """Return what was said, without notes of other sounds."""
    return " ".join(_NOTE.sub(" ", heard).split())


def _sound(file: "SoundFile") -> Sound:
    """Decode a file to one channel of the rate that is heard."""
    if file.channels > MOST_CHANNELS or file.samplerate > HIGHEST_RATE:
        raise ValueError("no phone records so")
    if file.frames > MOST_SECONDS * file.samplerate:
        raise ValueError("it is too long")
    # A file may have more in it than it says.
    most = MOST_SECONDS * file.samplerate
    whole = file.read(most, dtype="float32", always_2d=True).mean(axis=1)
    places = np.arange(0, len(whole), file.samplerate / RATE)
    sound: Sound = np.interp(places, np.arange(len(whole)), whole).astype(np.float32)
    return sound
