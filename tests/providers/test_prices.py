import pytest

from app.core.errors import ConfigError
from app.providers.openai.prices import load


def test_the_longest_name_that_fits_counts():
    prices = load()
    assert prices.of("gpt-4o-mini-2024-07-18") == prices.models["gpt-4o-mini"]
    assert prices.of("gpt-4o-2024") == prices.models["gpt-4o"]
    assert prices.date.startswith("20")


def test_an_unknown_model_counts_as_the_dearest():
    prices = load()
    assert prices.of("new-thing").output == max(
        price.output for price in prices.models.values()
    )
    assert not prices.knows("new-thing")


def test_cached_tokens_cost_less():
    price = load().of("gpt-4o-mini")
    assert price.cost(1_000_000, 0, 0) == pytest.approx(0.15)
    assert price.cost(1_000_000, 1_000_000, 0) == pytest.approx(0.075)
    assert price.cost(100, 900, 0) == price.cost(100, 100, 0)


def test_the_owners_file_comes_first_and_its_faults_are_pointed_at(tmp_path):
    own = tmp_path / "prices.toml"
    own.write_text('date = "2030-01-01"\n[models]\na = {input=1,cached=1,output=2}\n')
    assert load(own).of("a").output == 2
    own.write_text("date = ")
    with pytest.raises(ConfigError, match="prices.toml"):
        load(own)
