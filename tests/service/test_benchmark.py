"""What `mynah bench` measures, with a model of a few kilobytes."""

from pathlib import Path

from app.core.paths import Home
from app.ipc import control
from app.service.service import open_service
from app.settings.config_file import save
from tests.discord.test_controller import NOBODY
from tests.runner import tiny


async def test_everything_is_measured_and_every_model_judged(
    home: Home, tmp_path: Path
):
    save(home.config_file, "model.name", str(tiny.write(tmp_path / "tiny.gguf")))
    lines = tmp_path / "lines.txt"
    lines.write_text("the cat sat on the mat\nthe dog sat on the sofa\n" * 3)
    async with open_service(home) as service:
        await service.call(NOBODY, control.Import("den", [str(lines)]))
        found = await service.call(NOBODY, control.Bench())
    for name in ("prompt_tokens", "tokens", "embeddings", "disk_megabytes"):
        assert found[f"{name}_per_second"] > 0
    assert 0 < found["walk_ms"] < 1000 and found["seconds"] < 120
    assert {"name", "fits", "answer_seconds"} == set(found["models"][0])
    assert all(model["answer_seconds"] > 0 for model in found["models"])
