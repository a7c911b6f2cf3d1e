"""Voice messages are really decoded and heard, by a model of random weights."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.core.errors import AppError
from app.core.paths import Home
from app.ipc.jobs import SpeechJob
from app.jobs import speech
from app.service.job_runner import JobRunner, Senses
from app.settings import model_files
from app.settings.schema import Config
from tests.jobs import whisper_file

pytestmark = pytest.mark.process


def ogg(seconds: float, hertz: int = 48_000, channels: int = 1) -> bytes:
    """A voice message: a tone in Ogg with Opus, as Discord's clients record."""
    at = np.arange(int(seconds * hertz)) / hertz
    data = io.BytesIO()
    tone = (0.3 * np.sin(440 * 2 * np.pi * at)).astype(np.float32)
    tone = np.repeat(tone[:, None], channels, axis=1)
    soundfile.write(data, tone, hertz, format="OGG", subtype="OPUS")
    return data.getvalue()


@pytest.fixture(scope="session")
def ears(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whisper_file.write(tmp_path_factory.mktemp("ears") / "ggml-tiny.bin")


async def test_a_voice_message_becomes_words(home: Home, ears: Path) -> None:
    """Random weights write words of their vocabulary, or none."""
    text = await Senses(home).heard(ogg(2.0), ears)
    assert all(word.startswith("w") for word in text.split())


@pytest.mark.parametrize("hertz", [48_000, 24_000, 8_000])
def test_a_sound_of_any_rate_is_heard_at_one(hertz: int) -> None:
    with soundfile.SoundFile(io.BytesIO(ogg(1.0, hertz))) as file:
        sound = speech._sound(file)
    assert abs(len(sound) - speech.RATE) < speech.RATE / 50
    spectrum = np.abs(np.fft.rfft(sound))
    loudest = float(np.argmax(spectrum)) * speech.RATE / len(sound)
    assert abs(loudest - 440) < 5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"OggS",
        b"OggS" + bytes(300),
        ogg(1.0)[:200],
        ogg(121.0, 8_000),
        ogg(1.0, channels=8),
    ],
    ids=["empty", "head", "zeros", "cut", "too long", "channels"],
)
async def test_what_is_no_sound_or_too_long_is_refused(
    home: Home, ears: Path, data: bytes
) -> None:
    with pytest.raises(AppError, match="cannot be read"):
        await Senses(home).heard(data, ears)


async def test_a_broken_model_is_an_error_and_no_end(
    home: Home, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.bin"
    broken.write_bytes(model_files.WHISPER + bytes(100))
    job = SpeechJob(base64.b64encode(ogg(1.0)).decode(), str(broken), 1)
    with pytest.raises(AppError):
        await JobRunner(home).run(job, lambda progress: None)


@pytest.mark.parametrize("heard, kept", [
    ("[BLANK_AUDIO]", ""), (" (music) hello [noise]", "hello"), ("♪ la ♪ hi", "hi"),
    ("it's *sighs* fine", "it's fine"), ("plain words", "plain words"),
])  # fmt: skip
def test_notes_of_other_sounds_are_left_out(heard: str, kept: str) -> None:
    assert speech.words_of(heard) == kept


def test_only_a_model_of_whisper_cpp_is_taken(home: Home, ears: Path, tmp_path) -> None:
    model_files.check(home, Config(), "model.ears", str(ears))
    model_files.check(home, Config(), "model.ears", "")
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF" + bytes(100))
    for path, why in ((other, "not a model"), (tmp_path / "nowhere", "no file")):
        with pytest.raises(AppError, match=why):
            model_files.check(home, Config(), "model.ears", str(path))
