"""Replies are really said aloud, by a model of random weights."""

import base64
import io
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile

from app.core.errors import AppError
from app.core.paths import Home
from app.ipc.jobs import SpeechJob, UtteranceJob
from app.jobs import speech, utterance
from app.service import job_runner
from app.service.job_runner import Senses
from app.settings import model_files
from app.settings.schema import Config
from tests.jobs import supertonic_folder
from tests.jobs.test_speech import ogg

SENTENCE = (
    "The tide comes in at seven and the ferry leaves a little later from the pier."
)


@pytest.fixture(scope="session")
def mouth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return supertonic_folder.write(tmp_path_factory.mktemp("mouth") / "noise")


@pytest.mark.process
@pytest.mark.parametrize("text", [SENTENCE, "naïve café 日本 🎉 ok @you & x"])
async def test_words_become_a_voice_message(home: Home, mouth: Path, text: str) -> None:
    said = await Senses(home).uttered(text, mouth, "M3")
    with soundfile.SoundFile(io.BytesIO(base64.b64decode(said.data))) as file:
        assert (file.format, file.subtype) == ("OGG", "OPUS")
        assert (file.samplerate, file.channels) == (utterance.RATE, 1)
        assert abs(file.frames / utterance.RATE - said.seconds) < 0.05
    points = base64.b64decode(said.waveform)
    assert len(points) == round(said.seconds * utterance.POINTS_A_SECOND)
    assert max(points) == 255 and said.seconds > 1


@pytest.mark.process
@pytest.mark.parametrize("text, timbre", [("🎉🎉", "M3"), ("hi", "F5"), ("日本", "M3")])
async def test_what_the_model_cannot_say_is_an_error(
    home: Home, mouth: Path, text: str, timbre: str
) -> None:
    with pytest.raises(AppError, match="noise cannot say it"):
        await Senses(home).uttered(text, mouth, timbre)


@pytest.mark.process
async def test_a_broken_model_is_an_error_and_no_end(
    home: Home, mouth: Path, tmp_path: Path
) -> None:
    broken = shutil.copytree(mouth, tmp_path / "broken")
    (broken / "onnx/vocoder.onnx").write_bytes(b"\x08\x08broken")
    with pytest.raises(AppError):
        await Senses(home).uttered("hi", broken, "M3")


@pytest.mark.process
async def test_a_model_that_never_ends_is_not_waited_for(
    home: Home, mouth: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_runner, "UTTERANCE_SECONDS", 0.05)
    with pytest.raises(AppError, match="too long"):
        await Senses(home).uttered("hi", mouth, "M3")


@pytest.mark.process
async def test_a_model_that_talks_without_end_is_not_heard(
    home: Home, tmp_path: Path
) -> None:
    endless = supertonic_folder.write(tmp_path / "endless", seconds_a_letter=10.0)
    with pytest.raises(AppError, match="makes no speech"):
        await Senses(home).uttered("hello", endless, "M3")


def test_a_long_message_has_no_more_points_than_discord_takes() -> None:
    rng = np.random.default_rng(1)
    sound = rng.normal(size=60 * utterance.RATE).astype(np.float32)
    sound[: len(sound) // 2] *= 0.1
    points = utterance.waveform(sound)
    assert len(points) == utterance.MOST_POINTS
    assert max(points[:127]) < 60 < min(points[129:])
    assert utterance.waveform(np.zeros(1, np.float32)) == b"\0"


def test_only_a_whole_model_is_taken(home: Home, mouth: Path, tmp_path: Path) -> None:
    model_files.check(home, Config(), "model.mouth", str(mouth))
    model_files.check(home, Config(), "model.mouth", "")
    for name, why in (
        ("supertonic-3", "not whole"),
        ("starter", "is not a model"),
        (str(tmp_path), "is not a model"),
    ):
        with pytest.raises(AppError, match=why):
            model_files.check(home, Config(), "model.mouth", name)
    shutil.copytree(mouth, home.models / "supertonic-3")
    model_files.check(home, Config(), "model.mouth", "supertonic-3")
    (home.models / "supertonic-3/onnx/vocoder.onnx").unlink()
    with pytest.raises(AppError, match="not whole"):
        model_files.check(home, Config(), "model.mouth", "supertonic-3")


@pytest.mark.parametrize("job", [utterance, speech])
def test_the_process_has_a_limit_before_the_model_loads(
    job: ModuleType, mouth: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[int] = []

    def limit(more: int) -> None:
        limits.append(more)
        raise MemoryError

    monkeypatch.setattr(job, "limit_memory", limit)
    ears = mouth / "onnx/vocoder.onnx"
    sound = base64.b64encode(ogg(1.0)).decode()
    with pytest.raises(MemoryError):
        if job is utterance:
            utterance.run(UtteranceJob("hi", str(mouth), "M3", 1))
        else:
            speech.run(SpeechJob(sound, str(ears), 1))
    more = 0 if job is utterance else 2 * ears.stat().st_size
    assert limits == [job.MOST_MEMORY + more]


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="others may set no limit")
def test_a_process_gets_no_more_than_its_limit() -> None:
    code = (
        "from app.core.system.memory_limit import limit_memory\n"
        "limit_memory(64 << 20)\n"
        "bytearray(%d << 20)"
    )
    for size, is_refused in ((32, False), (128, True)):
        command = [sys.executable, "-c", code % size]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ("MemoryError" in done.stderr) is is_refused, done.stderr
