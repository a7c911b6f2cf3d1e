"""Words of a reply by the side that decided them."""

from app.cli.output import xrayed
from app.core import xray
from app.core.xray import UNKNOWN, XrayWord


def test_each_word_has_its_share_and_what_is_not_known_has_none():
    found = list(xray.pieces("so  be it\nnow", [0, 50, UNKNOWN]))
    assert "".join(piece.text for piece in found) == "so  be it\nnow"
    words = [piece for piece in found if not piece.text.isspace()]
    assert [word.by for word in words] == ["model", "both", "", ""]
    assert words[0] == XrayWord("so", 0)


def test_the_colors_go_from_blue_to_orange():
    assert xray.color(0) == xray.MODEL_COLOR
    assert xray.color(100) == xray.VOICE_COLOR
    assert xray.color(50) not in (xray.MODEL_COLOR, xray.VOICE_COLOR)


def test_those_who_see_no_colors_read_counts():
    told = xray.in_words("a b c d", [0, 0, 50, 100])
    assert told == "1 word by the voice, 1 by both, 2 by the model"


def test_a_terminal_with_colors_shows_them_and_any_text_stays_harmless(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    shown = xrayed("model \x1b[31mboth voice", [0, 50, 100])
    assert shown == "\x1b[36mmodel\x1b[0m \x1b[1m␛[31mboth\x1b[0m \x1b[33mvoice\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert xrayed("model both", [0, 50]) == "model both"
