import pytest

from app.core.errors import AppError
from app.settings.model_files import check
from app.settings.schema import Config
from app.settings.setting_keys import with_overrides
from tests.runner import tiny


def test_a_model_that_is_neither_in_the_catalogue_nor_here_is_refused(home, tmp_path):
    for name in ("nowhere", "nan", "../x", str(tmp_path / "nowhere.gguf")):
        with pytest.raises(AppError, match="neither in the catalogue nor a file"):
            check(home, Config(), "model.name", name)
    text = tmp_path / "text.gguf"
    text.write_text("not a model")
    with pytest.raises(AppError):
        check(home, Config(), "model.name", str(text))
    facts, shapes = tiny.transformer()
    picture = facts | tiny.vocabulary() | {"general.type": "mmproj"}
    projector = tiny.write_file(tmp_path / "eyes.gguf", picture, shapes)
    with pytest.raises(AppError, match="a projector for pictures"):
        check(home, Config(), "model.name", str(projector))
    check(home, Config(), "model.name", "starter")
    check(home, Config(), "model.name", "echo")


def test_an_adapter_that_is_not_there_or_is_none_is_refused(home, tmp_path):
    with pytest.raises(AppError, match="There is no file"):
        check(home, Config(), "model.adapter", str(tmp_path / "nowhere.gguf"))
    text = tmp_path / "text.gguf"
    text.write_text("not a model")
    with pytest.raises(AppError):
        check(home, Config(), "model.adapter", str(text))
    check(home, Config(), "model.adapter", "")


def test_a_projector_that_is_not_there_or_does_not_fit_is_refused(home, tmp_path):
    model = tiny.write(tmp_path / "mine.gguf")
    config = with_overrides(Config(), {"model.name": str(model)})
    fits = tiny.write_projector(tmp_path / "fits.gguf")
    other = tiny.write_projector(tmp_path / "other.gguf", 2 * tiny.EMBEDDING)
    check(home, config, "model.projector", str(fits))
    check(home, config, "model.projector", "")
    for path, why in (
        (tmp_path / "nowhere.gguf", "There is no file"),
        (other, "does not fit"),
        (model, "not a projector"),
    ):
        with pytest.raises(AppError, match=why):
            check(home, config, "model.projector", str(path))
