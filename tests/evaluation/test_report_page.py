"""The page of `mynah eval report`."""

from datetime import UTC, datetime

from app.evaluation.perplexity import FusedSurprise, Surprise, VoiceScores
from app.evaluation.personality import ModeFigures, PersonalityScores
from app.evaluation.report_page import page
from app.evaluation.speech_scores import SpeechScores


def test_the_page_stands_alone_and_shows_every_figure():
    row = ModeFigures(
        attributed=0.8,
        of_real=0.9,
        relevance=0.7,
        copied=0.01,
        whole=0.0,
        run=2.5,
        repeated=0.0,
        words=7.0,
        ms=300.0,
        providers={"local": 9},
        speech=SpeechScores(0.9, 0.01, 0.0, 0.8, None, 0.9),
    )
    modes = dict.fromkeys(("real", "adrift", "markov", "llm", "hybrid"), row)
    people = PersonalityScores(9, {"<den>": modes}, modes)
    score = Surprise(1.0, 30.0)
    dials = {"0": score, "50": Surprise(1.0, 20.0)}
    voice = VoiceScores(9, 99, score, score, FusedSurprise(1.0, 20.0, 50), dials, 50)
    found = page(people, {"<den>": voice}, datetime(2026, 1, 1, tzinfo=UTC))
    for part in ("Voice", "Personality", "Relevance", "Novelty", "Speed", "-33.3%"):
        assert part in found
    assert found.count("<svg") == 4
    assert "&lt;den&gt;" in found and "<den>" not in found
    assert "http" not in found and "<script" not in found
