"""What `mynah bench` measures, with a model of a few kilobytes."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.core.paths import Home
from app.ipc import control
from app.ipc.inference import GpuUse
from app.service.service import Service, open_service
from app.settings.config_file import save
from tests.discord.test_controller import NOBODY
from tests.runner import tiny


@pytest.mark.llama
async def test_everything_is_measured_and_every_model_judged(
    home: Home, tmp_path: Path
):
    save(home.config_file, "model.name", str(tiny.write(tmp_path / "tiny.gguf")))
    lines = tmp_path / "lines.txt"
    lines.write_text("the cat sat on the mat\nthe dog sat on the sofa\n" * 3)
    async with open_service(home) as service:
        await service.call(NOBODY, control.Import("den", [str(lines)]))
        found = await service.call(NOBODY, control.Bench())
    assert found.prompt_tokens_per_second and found.tokens_per_second
    assert found.embeddings_per_second > 0 and found.disk_megabytes_per_second > 0
    assert found.walk_ms and found.walk_ms < 1000 and found.seconds < 120
    names = {model.name for model in found.models}
    assert {"starter", str(tmp_path / "tiny.gguf")} <= names
    assert all(model.answer_seconds for model in found.models)


@pytest.mark.llama
async def test_with_a_graphics_card_the_processor_alone_is_measured_too(
    home: Home, tmp_path: Path
):
    save(home.config_file, "model.name", str(tiny.write(tmp_path / "tiny.gguf")))
    async with open_service(home) as service:
        local = service.context.local
        assert await local.wait_until_ready(60.0)
        alone = await service.call(NOBODY, control.Bench())
        assert (ready := local._keeper.ready)
        card = GpuUse("Voodoo 2", layers=3, all_layers=3)
        local._keeper.ready = replace(ready, gpu=card)
        found = await service.call(NOBODY, control.Bench())
    assert alone.gpu == "" and alone.processor_tokens_per_second is None
    assert (found.gpu, found.gpu_layers) == ("Voodoo 2", 3)
    assert found.processor_tokens_per_second
    assert found.processor_prompt_tokens_per_second


@pytest.mark.llama
async def test_the_speed_of_a_model_is_listed_also_after_a_restart(
    home: Home, tmp_path: Path
):
    path = str(tiny.write(tmp_path / "tiny.gguf"))
    save(home.config_file, "model.name", path)

    async def speeds(service: Service) -> dict[str, float | None]:
        listed = (await service.call(NOBODY, control.Models())).models
        return {model.name: model.tokens_per_second for model in listed}

    async with open_service(home) as service:
        assert (await speeds(service))[path] is None
        assert await service.context.local.wait_until_ready(60.0)
        measured = await speeds(service)
        assert measured[path] and measured["starter"] is None
    async with open_service(home) as service:
        assert await speeds(service) == measured
