"""A guild's LoRA adapter is checked when it is set."""

import pytest

from app.core.errors import AppError
from app.ipc import control
from app.service.service import open_service
from tests.runner import tiny


class Nobody:
    """An asker that wants no notifications."""

    async def notify(self, notification):
        """Do nothing, since nobody listens."""


async def put(service, key, value):
    return await service.call(Nobody(), control.ConfigSet(key, value, None, None))


async def test_an_adapter_that_does_not_fit_is_refused_when_it_is_set(home, tmp_path):
    model = tiny.write(tmp_path / "tiny.gguf")
    good = tiny.write_adapter(tmp_path / "good.gguf")
    bad = tiny.write_adapter(tmp_path / "bad.gguf", architecture="gemma2")
    async with open_service(home) as service:
        with pytest.raises(AppError, match="neither in the catalogue nor a file"):
            await put(service, "model.name", "nowhere")
        await put(service, "model.name", str(model))
        with pytest.raises(AppError, match="made for gemma2, not llama"):
            await put(service, "model.adapter", str(bad))
        with pytest.raises(AppError, match="not the whole path"):
            await put(service, "model.adapter", "good.gguf")
        done = await put(service, "model.adapter", str(good))
        assert done.value == str(good)
        assert (await put(service, "model.adapter", "")).value == ""
