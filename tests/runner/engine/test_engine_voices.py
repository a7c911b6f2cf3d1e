"""The plug-in for vLLM: the runner's own choices, row by row, and never an error."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import orjson
import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.ipc.inference import HOST_FIELD, FusedByHost, Generate
from app.modelfiles import vocabularies
from app.runner.engine.engine_voices import EngineLine
from app.runner.engine.host_tokens import HostTokens
from app.runner.message_tokens import end_token, message_tokens
from app.runner.sampler import Chooser
from app.voice import tokens
from app.voice.tokens import TokenVoice
from tests import vllm_stand_in
from tests.runner import tiny_tokenizer
from tests.vllm_stand_in import Engine, ModelConfig, SamplingParams, VllmConfig

ONE, OTHER = GuildId(1), GuildId(2)
SAID = {ONE: "good morning all", OTHER: "soup is gone"}
LOG = "Mynah:"
TABLE = HostTokens(tiny_tokenizer.words(), {tiny_tokenizer.END})
END = tiny_tokenizer.END
LIKED = TABLE.tokens("x")[0]


def build(home: Home, guild: GuildId, said: dict[int, str], table=TABLE) -> Path:
    path = home.token_voice(guild, vocabularies.host_name(tiny_tokenizer.words()))
    rows = [(row, message_tokens(table, text), 3) for row, text in said.items()]
    tokens.build(path, rows, vocabulary=table.vocabulary, end=end_token(table))
    return path


def asked(guild: GuildId, gone: list[int] | None = None, **options) -> SamplingParams:
    options = {"dial": 100, "temperature": 0.0, "prompt": LOG, **options}
    wanted = FusedByHost(guild, gone or [], Generate(0, "c", **options))
    return SamplingParams({HOST_FIELD: orjson.dumps(asdict(wanted)).decode()})


def text_of(output: list[int]) -> str:
    return b"".join(map(TABLE.piece, output)).decode("utf-8", "replace").strip()


@pytest.fixture
def plain_logits(monkeypatch):
    """The model's logits for any row: it would write x for ever."""
    logits = np.zeros(TABLE.vocabulary + 5, np.float32)
    logits[LIKED] = 9
    return lambda row: logits


@pytest.fixture
def processor(home, monkeypatch):
    home.create()
    monkeypatch.setenv("MYNAH_HOME", str(home.root))
    config = VllmConfig(ModelConfig(tiny_tokenizer.words(), END, ["m", "n"]))
    with vllm_stand_in.plugin(monkeypatch) as module:
        yield module.MynahVoices(config, None, False)


@pytest.fixture
def engine(home, processor, plain_logits):
    for guild, text in SAID.items():
        build(home, guild, {1: text})
    return Engine(processor, plain_logits)


def random_logits(seed: int, steps: int) -> list[np.ndarray]:
    """Return what a model might want; never <unk>, which llama.cpp lets it write."""
    rng = np.random.default_rng(seed)
    every = rng.normal(0, 3, (steps, TABLE.vocabulary)).astype(np.float32)
    every[:, 0] = -30
    return list(every)


def test_it_chooses_what_the_runner_here_chooses(home, load):
    """llama.cpp's table in the runner, the host's in the plug-in: one rule."""
    model = load().model
    path = build(home, ONE, {1: "good morning all", 2: "good night all of you"})
    for dial in (10, 50, 90):
        request = Generate(0, "c", LOG, dial=dial, seed=dial, max_tokens=60)
        line = EngineLine(TABLE, request, TokenVoice.open(path))
        here = replace(request, marked=["", LOG])
        rng = np.random.default_rng(dial)
        voice = TokenVoice.open(path)
        chooser = Chooser(model, here, voice, model.tokens(LOG), rng)
        written: list[int] = []
        for logits in random_logits(dial, 60):
            may_end = bool(text_of(written))
            wanted = chooser.choose(logits, written, may_end=may_end)
            got = line.choose(logits, written)
            ends = {*model.end_tokens, *model.line_tokens}
            assert got == (END if wanted in ends else wanted)
            if wanted in ends:
                break
            written.append(wanted)
        assert written


def test_each_request_has_its_own_voice_wherever_its_row_goes(engine):
    engine.add(asked(ONE), SamplingParams(), asked(OTHER))
    engine.step()
    engine.swap(0, 2)
    engine.step()
    engine.add(asked(ONE))
    engine.step()
    plain = engine.replace(1)
    assert set(plain) == {LIKED}, "a request without a voice is the model's own"
    for _ in range(20):
        engine.step()
    told = [text_of(output[: output.index(END)]) for output in engine.outputs]
    assert told == [SAID[OTHER], SAID[ONE], SAID[ONE]]


def test_a_row_that_is_reused_has_nothing_of_the_request_before(engine):
    engine.add(asked(ONE))
    engine.step()
    engine.replace(0)
    engine.add(SamplingParams())
    engine.step()
    assert engine.outputs == [[LIKED]]


def test_a_choice_that_the_engine_throws_away_changes_nothing(engine):
    engine.add(asked(ONE))
    for _ in range(3):
        engine.step(thrown_away=[0])
    for _ in range(20):
        engine.step()
    (output,) = engine.outputs
    assert text_of(output[: output.index(END)]) == SAID[ONE]


def test_a_choice_that_was_thrown_away_earns_the_voice_no_trust(home):
    path = build(home, ONE, {1: "good morning all", 2: "good night all of you"})

    def written(seed: int, thrown_away: int) -> list[int]:
        request = Generate(0, "c", LOG, dial=50, temperature=0.0, max_tokens=60)
        line, output = EngineLine(TABLE, request, TokenVoice.open(path)), list[int]()
        for logits in random_logits(seed, thrown_away):
            line.choose(logits, output)
        for logits in random_logits(seed + 1, 20):
            output.append(line.choose(logits, output))
        return output

    for seed in range(30):
        assert written(seed, 9) == written(seed, 0)


def test_a_reply_that_was_paused_goes_on_where_it_was(engine):
    engine.add(asked(ONE))
    for _ in range(5):
        engine.step()
    begun = engine.replace(0)
    engine.add(asked(ONE))
    engine.outputs[0] += begun
    for _ in range(20):
        engine.step()
    (output,) = engine.outputs
    assert text_of(output[: output.index(END)]) == SAID[ONE]


def test_what_is_forgotten_is_not_said_though_the_files_have_it(home, processor):
    build(home, ONE, {1: "my secret word", 2: "my plain tale"})

    def words(gone: list[int]) -> set[int]:
        asking = asked(ONE, gone).extra_args or {}
        line = processor._voices.begin(asking[HOST_FIELD])
        written = TABLE.tokens(" my")
        line.choose(np.zeros(TABLE.vocabulary, np.float32), written)
        voice = processor._voices._voices.get(
            str(home.token_voice(ONE, vocabularies.host_name(tiny_tokenizer.words())))
        )
        return set(voice.continuations(TABLE.tokens(" my ")))

    assert words([]) == {*TABLE.tokens("sp")}
    assert words([1]) == {*TABLE.tokens("p")}
    assert words([1]) == {*TABLE.tokens("p")}
    build(home, ONE, {1: "my secret word", 2: "my plain tale"})
    assert words([1]) == {*TABLE.tokens("p")}, "a rebuilt voice hides it too"


BROKEN = {
    "no JSON": "{",
    "no request": "[]",
    "a path": '{"guild": "../../etc", "gone": [], "request": {}}',
    "odd spans": orjson.dumps(
        asdict(FusedByHost(ONE, [], Generate(0, "c", LOG, spans=[[1]])))
    ).decode(),
    "a stranger": orjson.dumps(
        asdict(FusedByHost(GuildId(9), [], Generate(0, "c", LOG)))
    ).decode(),
}


@pytest.mark.parametrize("words", BROKEN.values(), ids=BROKEN)
def test_a_bad_request_is_answered_by_the_model_alone(engine, caplog, words):
    for _ in range(2):
        engine.add(SamplingParams({HOST_FIELD: words}))
        engine.step()
        assert engine.replace(0) == [LIKED]
    told = [one.getMessage() for one in caplog.records]
    assert len(set(told)) == 1 and "voice" in told[0]


def test_what_is_wrong_again_and_again_is_logged_once(engine, caplog):
    for _ in range(3):
        for words in (BROKEN["no JSON"], BROKEN["a stranger"]):
            engine.add(SamplingParams({HOST_FIELD: words}))
            engine.replace(0)
    assert len(caplog.records) == 2


@pytest.mark.parametrize("damage", ["half", "foreign", "gone"])
def test_a_voice_that_cannot_be_used_leaves_the_reply_to_the_model(
    home, processor, plain_logits, caplog, damage
):
    path = build(home, ONE, {1: SAID[ONE]})
    if damage == "half":
        (file,) = path.glob("*.bin")
        file.write_bytes(file.read_bytes()[:-9])
    elif damage == "foreign":
        other = HostTokens(tiny_tokenizer.by_bytes(), {END})
        build(home, ONE, {1: SAID[ONE]}, other)
    else:
        (path / f"{tokens.NAME}.json").unlink()
    engine = Engine(processor, plain_logits)
    for _ in range(2):
        engine.add(asked(ONE))
        engine.step()
        assert engine.replace(0) == [LIKED]
    assert len(caplog.records) == 1, "the log says it once"


def test_an_error_in_the_midst_of_a_reply_does_not_end_the_engine(
    engine, caplog, monkeypatch
):
    engine.add(asked(ONE), asked(OTHER))
    engine.step()
    with monkeypatch.context() as broken:
        broken.setattr(TokenVoice, "predict", lambda *args: 1 / 0)
        engine.step()
    engine.step()
    assert [output[1:] for output in engine.outputs] == [[LIKED, LIKED]] * 2
    assert caplog.text.count("ZeroDivisionError") == 2


def test_the_bot_finds_the_tokenizer_under_each_name_of_the_model(home, processor):
    for model in ("m", "n"):
        path = home.host_tokenizer(model)
        assert path.read_text("utf-8") == tiny_tokenizer.words()
        name = vocabularies.host_name(tiny_tokenizer.words())
        assert vocabularies.name_of(path) == name
    assert home.host_tokenizer("../m").parent == home.hosts


def test_without_a_home_vllm_writes_as_before(home, monkeypatch, caplog, plain_logits):
    monkeypatch.setenv("MYNAH_HOME", str(home.root / "none"))
    config = VllmConfig(ModelConfig(tiny_tokenizer.words(), END))
    with vllm_stand_in.plugin(monkeypatch) as module:
        engine = Engine(module.MynahVoices(config, None, False), plain_logits)
    engine.add(asked(ONE))
    engine.step()
    assert engine.outputs == [[LIKED]]
    assert "MYNAH_HOME" in caplog.text


def test_a_model_without_such_a_tokenizer_writes_as_before(
    home, monkeypatch, caplog, plain_logits
):
    home.create()
    monkeypatch.setenv("MYNAH_HOME", str(home.root))
    with vllm_stand_in.plugin(monkeypatch) as module:
        config = VllmConfig(ModelConfig("no tokenizer", END))
        engine = Engine(module.MynahVoices(config, None, False), plain_logits)
    engine.add(asked(ONE))
    engine.step()
    assert engine.outputs == [[LIKED]]
    assert "without voices" in caplog.text
