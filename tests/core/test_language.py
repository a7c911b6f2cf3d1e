"""Languages are told apart by what is loaded once, when it is first wanted."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from py3langid import langid

from app.core import language


@pytest.fixture
def fresh():
    language._identifier.cache_clear()
    yield
    language._identifier.cache_clear()


def test_two_threads_that_first_want_it_load_it_once(fresh, monkeypatch):
    loads = 0
    both = Barrier(2)
    load = langid.LanguageIdentifier.from_model_file

    def counted(*args, **kwargs):
        nonlocal loads
        loads += 1
        return load(*args, **kwargs)

    monkeypatch.setattr(langid.LanguageIdentifier, "from_model_file", counted)

    def tell(text):
        both.wait(10)
        return language.language_of(text)

    with ThreadPoolExecutor(2) as threads:
        said = threads.map(tell, ["ich weiß es nicht", "i do not know what it is"])
        assert [*said] == ["de", "en"]
    assert loads == 1


def test_close_languages_are_told_apart_by_which_of_them_is_spoken():
    line = "ahoj, predpokladam ze antena je s citlivostou"
    assert language.language_of(line) == ""
    assert language.language_of(line, {"en", "sk", "nl"}) == "sk"
    assert language.language_of(line, {"en", "cs"}) == "cs"
    assert language.language_of("ok", {"en"}) == ""
