"""Says a reply as a voice message, with Supertonic, on this computer alone."""

import base64
import io
from pathlib import Path
from unicodedata import normalize

import numpy as np
import numpy.typing as npt

from app.core.errors import UsageError
from app.core.language import language_of
from app.core.system.memory_limit import limit_memory
from app.ipc.jobs import UtteranceJob, UtteranceJobReply

NICENESS = 5

RATE = 48_000
"""The samples per second of Opus."""

MOST_SECONDS = 120
"""The longest voice message; only a broken model has so much to say about a reply."""

POINTS_A_SECOND, MOST_POINTS = 10, 256
"""The points of the picture of the sound; see Discord's "Voice Messages"."""

MOST_MEMORY = 3 << 30
"""The bytes that the largest model of Supertonic and a long reply may take."""

Sound = npt.NDArray[np.float32]


def run(request: UtteranceJob) -> UtteranceJobReply:
    """Carry out the job.

    Raises:
        UsageError: If a part is not installed, or the model cannot say it.
    """
    try:
        import soundfile
        from supertonic import TTS
        from supertonic.config import SUPPORTED_LANGUAGES, UNKNOWN_LANGUAGE
    except ImportError as error:
        raise UsageError(
            "The libraries that say replies aloud are not installed.",
            "Install them with `pip install 'mynah[speech]'`.",
        ) from error
    limit_memory(MOST_MEMORY)
    language = language_of(request.text, SUPPORTED_LANGUAGES) or UNKNOWN_LANGUAGE
    try:
        model = TTS(
            model_dir=Path(request.model),
            auto_download=False,
            intra_op_num_threads=request.threads,
        )
        letters = model.model.text_processor.supported_character_set
        said, _ = model.synthesize(
            sayable(request.text, letters),
            model.get_voice_style(request.timbre),
            lang=language,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{Path(request.model).name} cannot say it: {error}",
            "Fetch it again, or choose another one (`model.mouth`).",
        ) from error
    sound = _heard(said[0], model.sample_rate)
    data = io.BytesIO()
    soundfile.write(data, sound, RATE, format="OGG", subtype="OPUS")
    return UtteranceJobReply(
        base64.b64encode(data.getvalue()).decode(),
        round(len(sound) / RATE, 3),
        base64.b64encode(waveform(sound)).decode(),
    )


def sayable(text: str, letters: set[str]) -> str:
    """Return a text without what the model has no letters for, such as emoji."""
    return "".join(one for one in normalize("NFKD", text) if one in letters)


def waveform(sound: Sound) -> bytes:
    """Return the loudness over time, a byte for each moment."""
    count = min(max(round(len(sound) / RATE * POINTS_A_SECOND), 1), MOST_POINTS)
    moments = np.array_split(np.abs(sound), count)
    loud = np.array([moment.max(initial=0.0) for moment in moments])
    return bytes((loud / max(loud.max(), 1e-6) * 255).astype(np.uint8))


def _heard(sound: Sound, rate: int) -> Sound:
    """Return a sound at the rate of Opus.

    Raises:
        UsageError: If there is nothing to be heard.
    """
    is_short = 0 < len(sound) <= MOST_SECONDS * rate
    if not is_short or not np.isfinite(sound).all():
        raise UsageError("The model of `model.mouth` makes no speech.")
    places = np.arange(0, len(sound), rate / RATE)
    made: Sound = np.interp(places, np.arange(len(sound)), sound).astype(np.float32)
    return made.clip(-1, 1)
