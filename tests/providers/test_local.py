"""The local provider over real runner processes: echo, crashes, unloading."""

import asyncio
import sys
import time
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest

from app.chat.ladder import Ladder, Rung
from app.core.errors import ProviderError
from app.core.names import GuildId
from app.core.state_file import StateFile
from app.ipc.child import spawn
from app.modelfiles import gguf_header
from app.providers.base import Completion, FreshStart, Prompt, Turn
from app.providers.local.provider import FIRST_CONTACT, LocalProvider
from app.providers.local.runner_supervisor import Keeper
from app.providers.markov import NOTHING_LEARNED, MarkovProvider
from app.settings.model_sections import ModelSettings
from app.voice.voice import Voice
from tests import killing
from tests.chat.test_ladder import chain
from tests.runner import tiny

pytestmark = pytest.mark.process

ECHO = ModelSettings(name="echo")
PROMPT = Prompt(
    guild=GuildId(1),
    conversation="1:c",
    bot_name="Mynah",
    turns=(Turn("anna", "one two three"),),
    deadline_ms=20_000,
)


async def no_voice(guild):
    return None


@asynccontextmanager
async def providing(
    settings=ECHO, locate=lambda name: None, aside=None, voice=no_voice, **more
):
    with TemporaryDirectory() as directory:
        aside = StateFile(aside or Path(directory) / "aside.json")
        provider = LocalProvider(lambda: settings, locate, voice, aside, **more)
        try:
            yield provider
        finally:
            await provider.close()


async def written(provider, prompt=PROMPT):
    return [item async for item in provider.write(prompt)]


async def test_the_line_streams_and_ends_with_its_counts():
    async with providing() as provider:
        assert provider.unavailable(PROMPT) is None
        *pieces, completion = await written(provider)
    assert pieces == ["one", " two", " three"]
    assert isinstance(completion, Completion)
    assert completion.text == "one two three"
    assert completion.completion_tokens == 3


async def test_two_prompts_at_once_keep_their_own_words():
    other = replace(PROMPT, turns=(Turn("bob", "a b c d e f"),))
    async with providing() as provider:
        first, second = await asyncio.gather(
            written(provider), written(provider, other)
        )
    assert first[-1].text == "one two three"
    assert second[-1].text == "a b c d e f"


def scripted(lines):
    """Spawns, in place of a runner, a script that follows `lines` of Python."""

    async def run(command):
        ready = (
            '{"method":"ready","params":{"model":"m","context":512,"can_roll_back":true,'
            '"prompt_tokens_per_second":100.0,"tokens_per_second":10.0}}'
        )
        script = f"import os, sys, time\nprint('{ready}', flush=True)\n{lines}"
        return await spawn([sys.executable, "-c", script])

    return run


DIES_MIDWAY = scripted(
    "sys.stdin.readline()\n"
    'print(\'{"method":"piece","params":{"stream":1,"text":" hello","at_ms":1.0}}\','
    " flush=True)\n"
    "print('GGML_ASSERT(x) failed', file=sys.stderr, flush=True)\n"
    "import psutil; psutil.Process().kill()\n"
)


async def test_a_crash_in_the_middle_surfaces_at_once_with_the_last_words():
    async with providing(spawn=DIES_MIDWAY) as provider:
        pieces = []
        with pytest.raises(ProviderError, match=f"{killing.KILLED}: GGML_ASSERT"):
            async for piece in provider.write(PROMPT):
                pieces.append(piece)
        assert pieces == ["hello"]
        assert "GGML_ASSERT" in (provider.unavailable(PROMPT) or "")


CUT_SHORT = scripted(
    "sys.stdin.readline()\n"
    'print(\'{"method":"piece","params":{"stream":1,"text":" Could","at_ms":1.0}}\','
    " flush=True)\n"
    'print(\'{"id":1,"result":{"text":"","prompt_tokens":9,"cached_tokens":0,'
    '"completion_tokens":1,"finish":"deadline","first_token_ms":1.0,'
    '"total_ms":1.0}}\', flush=True)\n'
    "sys.stdin.readline()\n"
)


async def test_a_fragment_that_the_runner_s_deadline_left_is_no_reply():
    async with providing(spawn=CUT_SHORT) as provider:
        rungs = [Rung(provider), Rung(chain())]
        answer = await Ladder(rungs, time.monotonic).answer(PROMPT, 20_000)
    assert answer.provider == "markov"
    assert "before a sentence was whole" in answer.rungs[0].reason


async def test_a_killed_runner_is_started_again():
    async with providing() as provider:
        await written(provider)
        killing.kill(provider.pid)
        for _ in range(200):
            if provider.unavailable(PROMPT):
                break
            await asyncio.sleep(0.02)
        assert killing.KILLED in provider.unavailable(PROMPT)
        assert await provider.wait_until_ready(20)
        assert (await written(provider))[-1].text == "one two three"


async def set_aside(provider):
    for _ in range(400):
        if "set aside" in (provider.unavailable(PROMPT) or ""):
            break
        await asyncio.sleep(0.02)
    return provider.unavailable(PROMPT)


DIES = scripted("print('bad tensor', file=sys.stderr)\nsys.exit(134)")


async def dies_loading(command):
    dies = "import sys, time; time.sleep(0.2); sys.exit('bad tensor')"
    return await spawn([sys.executable, "-c", dies])


async def test_a_model_that_crashes_twice_is_set_aside_until_the_owner_tries_again():
    async with providing(spawn=DIES) as provider:
        provider.start()
        reason = await set_aside(provider)
        assert "2 times" in reason
        assert "bad tensor" in reason
        assert provider.status().model.state == "crashed"
        assert "models use" in provider.status().model.hint
        with pytest.raises(ProviderError, match="set aside"):
            await written(provider)
        provider.retry()
        assert "set aside" not in (provider.unavailable(PROMPT) or "")


@pytest.mark.llama
async def test_a_model_stays_aside_after_a_restart_and_a_new_file_does_not(tmp_path):
    path, aside = tiny.write(tmp_path / "tiny.gguf"), tmp_path / "aside.json"
    settings = ModelSettings(name="tiny", context=512)
    again = (settings, lambda name: path, aside)
    async with providing(*again, spawn=DIES) as provider:
        provider.start()
        reason = await set_aside(provider)
    async with providing(*again) as provider:
        provider.start()
        assert provider.pid is None
        assert provider.unavailable(PROMPT) == provider.why_aside("tiny") == reason
        smaller = replace(settings, context=256)
    async with providing(smaller, *again[1:]) as provider:
        assert provider.unavailable(PROMPT) is None
    tiny.write(path)
    async with providing(*again) as provider:
        assert provider.unavailable(PROMPT) is None
        assert (await written(provider))[-1].completion_tokens


async def test_the_memory_of_the_model_in_use_counts_as_free_for_another(
    tmp_path, monkeypatch
):
    path = tiny.write(tmp_path / "tiny.gguf")
    needed = gguf_header.read(path).memory_bytes(512)
    chosen = [ModelSettings(name="tiny", context=512, threads=1)]
    aside = StateFile(tmp_path / "aside.json")
    provider = LocalProvider(lambda: chosen[0], lambda name: path, no_voice, aside)
    memory = psutil.virtual_memory()._replace(available=needed - 5_000_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    assert "needs about" in (provider.unavailable(PROMPT) or "")
    chosen[0] = ECHO
    await written(provider)
    chosen[0] = ModelSettings(name="tiny", context=512, threads=1)
    assert provider.unavailable(PROMPT) is None
    await provider.close()


async def test_a_crash_of_the_run_before_counts(tmp_path):
    again = (ECHO, lambda name: None, tmp_path / "aside.json")

    async def crash(provider):
        assert not await provider.wait_until_ready(20)

    async with providing(*again, spawn=dies_loading) as provider:
        await crash(provider)
        assert not provider.why_aside("echo")
    async with providing(*again, spawn=dies_loading) as provider:
        await crash(provider)
        assert "2 times" in provider.why_aside("echo")


async def test_nobody_waits_longer_for_a_model_whose_process_dies():
    async with asyncio.timeout(20), providing(spawn=dies_loading) as provider:
        assert not await provider.wait_until_ready(600)
        assert "bad tensor" in (provider.unavailable(PROMPT) or "")
        assert await set_aside(provider)
        assert not await provider.wait_until_ready(600)


async def test_a_model_refused_for_want_of_memory_is_taken_when_there_is_some(
    tmp_path, monkeypatch
):
    path = tiny.write(tmp_path / "tiny.gguf")
    settings = [ModelSettings(name="tiny", context=2**34)]
    aside = StateFile(tmp_path / "aside.json")
    provider = LocalProvider(lambda: settings[0], lambda name: path, no_voice, aside)
    assert "needs about" in (provider.unavailable(PROMPT) or "")
    settings[0] = replace(settings[0], context=512)
    assert provider.unavailable(PROMPT) is None
    free = psutil.virtual_memory()
    with monkeypatch.context() as patched:
        patched.setattr(psutil, "virtual_memory", lambda: free._replace(available=9))
        assert "needs about" in (provider.unavailable(PROMPT) or "")
    assert provider.unavailable(PROMPT) is None


async def test_a_state_that_cannot_be_kept_sets_aside_all_the_same(tmp_path):
    gone = tmp_path / "gone" / "aside.json"
    async with providing(spawn=DIES, aside=gone) as provider:
        provider.start()
        assert "2 times" in await set_aside(provider)


async def test_a_model_that_is_not_here_is_named():
    async with providing(ModelSettings(name="starter")) as provider:
        assert "starter is not on this computer" in provider.unavailable(PROMPT)
        assert provider.status().model.state == "absent"
        assert provider.status().model.hint == ""
        with pytest.raises(ProviderError):
            await written(provider)


async def test_a_file_that_is_no_model_never_reaches_a_runner(tmp_path):
    path = tmp_path / "holiday.gguf"
    path.write_bytes(b"JFIF" * 1000)
    settings = ModelSettings(name=str(path))
    async with providing(settings, lambda name: path, spawn=None) as provider:
        assert "not a GGUF file" in provider.unavailable(PROMPT)
        assert "another" in provider.status().model.hint


async def test_a_bad_file_chosen_while_another_model_runs_is_refused_too(tmp_path):
    path = tmp_path / "holiday.gguf"
    path.write_bytes(b"JFIF" * 1000)
    chosen = [ECHO]
    aside = StateFile(tmp_path / "aside.json")
    provider = LocalProvider(lambda: chosen[0], lambda name: path, no_voice, aside)
    await written(provider)
    chosen[0] = ModelSettings(name=str(path))
    assert "not a GGUF file" in (provider.unavailable(PROMPT) or "")
    chosen[0] = ECHO
    assert (await written(provider))[-1].text == "one two three"
    await provider.close()


async def test_closing_the_stream_cancels_the_work_in_the_runner():
    told = scripted(
        "for line in sys.stdin:\n"
        "    print(line.split('\"method\":\"')[1].split('\"')[0], file=sys.stderr)\n"
        "    sys.stderr.flush()\n"
        "    if 'cancel' in line: os._exit(78)\n"
        '    print(\'{"method":"piece","params":{"stream":1,"text":"x","at_ms":1.0}}\','
        " flush=True)\n"
    )
    async with providing(spawn=told) as provider:
        async with aclosing(provider.write(PROMPT)) as stream:
            async for _ in stream:
                break
        for _ in range(400):
            if provider.status().model.state == "crashed":
                break
            await asyncio.sleep(0.02)
        assert "cancel_generate" in provider.status().model.reason


async def gone(pid):
    for _ in range(400):
        if not psutil.pid_exists(pid):
            return True
        await asyncio.sleep(0.02)
    return False


@pytest.mark.llama
async def test_the_model_is_unloaded_when_idle_and_comes_back_when_needed(tmp_path):
    path = tiny.write(tmp_path / "tiny.gguf")
    settings = ModelSettings(name="tiny", context=512, threads=1, idle_minutes=0.005)
    async with providing(settings, lambda name: path) as provider:
        await written(provider)
        pid = provider.pid
        assert pid is not None
        # A process that has ended holds no memory, and no other one came.
        assert await gone(pid)
        assert psutil.Process().children() == []
        assert provider.status().model.state == "idle"
        assert provider.unavailable(PROMPT) is None
        assert (await written(provider))[-1].completion_tokens


async def test_after_half_an_hour_by_default_and_never_with_zero():
    assert ModelSettings().idle_minutes == 30
    async with providing(replace(ECHO, idle_minutes=0)) as provider:
        await written(provider)
        await asyncio.sleep(0.3)
        assert provider.status().model.state == "ready"


async def test_a_model_that_writes_is_not_unloaded():
    slow = scripted(
        "sys.stdin.readline()\n"
        "time.sleep(1.5)\n"
        'print(\'{"method":"piece","params":{"stream":1,"text":" late",'
        '"at_ms":1.0}}\', flush=True)\n'
        "sys.stdin.read()"
    )
    async with providing(replace(ECHO, idle_minutes=0.01), spawn=slow) as provider:
        async with aclosing(provider.write(PROMPT)) as stream:
            assert await anext(stream) == "late"


@pytest.mark.llama
async def test_the_runner_is_started_with_the_settings_and_anew_when_they_change(
    tmp_path,
):
    path, commands = tiny.write(tmp_path / "tiny.gguf"), []

    async def noted(command):
        commands.append(command)
        return await spawn(command)

    settings = [ModelSettings(name="tiny", context=512, threads=1, gpu_layers=3)]
    aside = StateFile(tmp_path / "aside.json")
    provider = LocalProvider(
        lambda: settings[0], lambda name: path, no_voice, aside, spawn=noted
    )
    await written(provider)
    settings[0] = replace(settings[0], context=3072, seed=5)
    await written(provider)
    assert provider.context_size == 512
    await provider.close()
    for command, context in zip(commands, (512, 3072), strict=True):
        assert command[-5:] == (
            "runner",
            str(path),
            f"--context={context}",
            "--threads=1",
            "--gpu-layers=3",
        )


@pytest.mark.llama
@pytest.mark.posix_only("Windows replaces no file that a process has mapped")
async def test_a_file_that_was_replaced_is_loaded_anew_for_the_next_reply(tmp_path):
    path = tiny.write(tmp_path / "tiny.gguf")
    settings = ModelSettings(name="tiny", context=512, threads=1)
    async with providing(settings, lambda name: path) as provider:
        await written(provider)
        first = provider.pid
        assert first is not None
        await written(provider)
        assert provider.pid == first
        tiny.write(tmp_path / "new.gguf", "recurrent").replace(path)
        assert provider.unavailable(PROMPT) is None
        assert (await written(provider))[-1].completion_tokens
        assert provider.status().model.can_roll_back is False
        assert await gone(first)


@pytest.mark.llama
async def test_the_same_seed_writes_the_same_in_another_process(tmp_path):
    path = tiny.write(tmp_path / "tiny.gguf")
    settings = ModelSettings(name="tiny", context=512, threads=1)
    texts = []
    for seed in (5, 5, 6):
        async with providing(settings, lambda name: path) as provider:
            prompt = replace(PROMPT, random_seed=seed, max_words=20)
            texts.append((await written(provider, prompt))[-1].text)
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.llama
async def test_another_model_is_another_process(tmp_path):
    path = tiny.write(tmp_path / "tiny.gguf")
    settings = [ECHO]
    aside = StateFile(tmp_path / "aside.json")
    provider = LocalProvider(lambda: settings[0], lambda name: path, no_voice, aside)
    await written(provider)
    first = provider.pid
    assert first is not None
    settings[0] = ModelSettings(name=str(path), context=512, threads=1)
    await written(provider)
    assert provider.pid != first
    await provider.close()
    assert not psutil.pid_exists(first)


async def test_a_deadline_that_passes_while_loading_says_so():
    async def never_ready(command):
        return await spawn([sys.executable, "-c", "import sys; sys.stdin.read()"])

    async with providing(spawn=never_ready) as provider:
        with pytest.raises(ProviderError, match="still being loaded"):
            await written(provider, replace(PROMPT, deadline_ms=200))


def thinking(*pieces):
    """Spawns a runner that writes these pieces as one text."""
    return scripted(
        "import json\n"
        "id = json.loads(sys.stdin.readline())['id']\n"
        f"pieces = {pieces!r}\n"
        "for text in pieces:\n"
        "    piece = dict(stream=1, text=text, at_ms=1.0)\n"
        "    print(json.dumps(dict(method='piece', params=piece)), flush=True)\n"
        "done = dict(text=''.join(pieces), prompt_tokens=1, cached_tokens=0,"
        " completion_tokens=9, finish='stop', first_token_ms=1.0, total_ms=1.0,"
        " voice_share=0.0, prompt_tokens_per_second=20.0, tokens_per_second=3.0)\n"
        "print(json.dumps(dict(id=id, result=done)), flush=True)\n"
        "sys.stdin.read()"
    )


@pytest.mark.parametrize(
    "pieces",
    [
        ("<thi", "nk>why not</think>", " Mynah: hello", " all"),
        ("Mynah: why not", " I wonder\n</think>", "hello", " all"),
        ("[THINK]why not[/THINK]", "hello all"),
    ],
)
async def test_a_local_models_thoughts_are_never_said(pieces):
    shown = ""
    async with providing(spawn=thinking(*pieces)) as provider:
        *written_pieces, done = await written(provider)
    for piece in written_pieces:
        shown = piece if isinstance(piece, FreshStart) else shown + piece
    assert shown == done.text == "hello all"


async def test_a_local_models_thoughts_are_in_no_summary():
    spawn = thinking("<think>why not</think>", "hello all")
    async with providing(spawn=spawn) as provider:
        await provider.wait_until_ready(20)
        assert await provider.complete(1, "Say it:", 9, 5.0) == "hello all"


async def test_the_speed_follows_what_the_runner_measures():
    slower = scripted(
        "import json\n"
        "id = json.loads(sys.stdin.readline())['id']\n"
        "done = dict(text='hi', prompt_tokens=1, cached_tokens=0, completion_tokens=1,"
        " finish='stop', first_token_ms=1.0, total_ms=1.0, voice_share=0.0,"
        " prompt_tokens_per_second=20.0, tokens_per_second=3.0)\n"
        "print(json.dumps(dict(id=id, result=done)), flush=True)\n"
        "sys.stdin.read()"
    )
    async with providing(spawn=slower) as provider:
        await provider.wait_until_ready(20)
        assert provider.speed.prompt == 100.0
        await written(provider)
        assert (provider.speed.prompt, provider.speed.decode) == (20.0, 3.0)


@pytest.mark.llama
async def test_an_adapter_that_does_not_fit_is_left_out_and_the_reply_says_so(tmp_path):
    model = tiny.write(tmp_path / "tiny.gguf")
    adapter = tiny.write_adapter(tmp_path / "other.gguf", architecture="gemma2")
    settings = ModelSettings(name=str(model), context=512, threads=1)
    prompt = replace(PROMPT, adapter=str(adapter), max_words=4)
    async with providing(settings, lambda name: model) as provider:
        done = (await written(provider, prompt))[-1]
        assert "made for gemma2, not llama" in done.notes[-1]


@pytest.mark.llama
async def test_an_adapter_that_fits_changes_what_is_written(tmp_path):
    model = tiny.write(tmp_path / "tiny.gguf")
    adapter = tiny.write_adapter(tmp_path / "tuned.gguf")
    settings = ModelSettings(name=str(model), context=512, threads=1)
    plain = replace(PROMPT, random_seed=1, max_words=10, dial=0)
    async with providing(settings, lambda name: model) as provider:
        before = (await written(provider, plain))[-1]
        tuned = (await written(provider, replace(plain, adapter=str(adapter))))[-1]
        after = (await written(provider, plain))[-1]
    assert tuned.notes == ()
    assert before.text == after.text != tuned.text


async def test_the_runner_hears_what_was_said_lately_unless_the_prompt_has_it(tmp_path):
    prompt = replace(
        PROMPT,
        turns=(Turn("anna", "one two three", message=7),),
        recent={5: "a" * 999, 6: "zero", 7: "one two three"},
    )

    async def voice(guild):
        return tmp_path

    for finds, heard in ((voice, ["a" * 200, "zero"]), (no_voice, [])):
        async with providing(voice=finds) as provider:
            asked: list[Any] = []
            call = provider._keeper.call

            def noted(request, call=call, asked=asked):
                asked.append(request)
                return call(request)

            provider._keeper.call = noted
            await written(provider, prompt)
        assert asked[0].recent == heard


async def test_at_first_contact_a_person_hears_a_human_line_and_no_nonsense(tmp_path):
    model = tmp_path / "model.gguf"
    tiny.write(model, "transformer")
    settings = ModelSettings(name="tiny")
    empty = MarkovProvider(nothing_learned, Random(1))
    async with providing(settings, lambda name: model) as provider:
        rungs = [Rung(provider), Rung(empty)]
        first = replace(PROMPT, is_first=True)
        answer = await Ladder(rungs, time.monotonic).answer(first, 20_000)
        assert provider.pid is None
    assert answer.finished.text in NOTHING_LEARNED
    assert answer.rungs[0].reason == FIRST_CONTACT


async def nothing_learned(guild):
    return Voice.empty()


async def test_the_model_is_told_which_lines_are_not_to_be_said(monkeypatch):
    asked, call = [], Keeper.call

    async def spy(self, request):
        asked.append(request)
        return await call(self, request)

    monkeypatch.setattr(Keeper, "call", spy)
    async with providing() as provider:
        await written(provider, replace(PROMPT, unsaid=frozenset({"good morrow"})))
    assert asked[-1].unsaid == ["good morrow"]
