import json

from app.cli import main
from tests.runner import tiny


def test_an_adapter_is_scored_beside_the_model_as_it_is(home, tmp_path, capsys):
    model = tiny.write(tmp_path / "tiny.gguf")
    adapter = tiny.write_adapter(tmp_path / "tuned.gguf")
    rows = [
        {"author": "Ann", "text": f"so it is {number}", "id": str(number)}
        for number in range(6)
    ]
    learned = tmp_path / "learned.jsonl"
    learned.write_text("\n".join(json.dumps(one) for one in rows))
    place = ["--home", str(home.root)]
    assert main([*place, "import", "den", str(learned)]) == 0
    capsys.readouterr()
    words = ["--guild", "den", "--held-out", str(learned), "--model", str(model)]
    words += ["--adapter", str(adapter), "--json"]
    assert main([*place, "eval", "voice", *words]) == 0
    scores = json.loads(capsys.readouterr().out)
    plain = scores["without_adapter"]
    assert plain["messages"] == scores["messages"] == 6
    assert plain["model"]["perplexity"] != scores["model"]["perplexity"]
    assert plain["voice"]["perplexity"] == scores["voice"]["perplexity"]
