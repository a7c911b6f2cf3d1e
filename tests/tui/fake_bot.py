"""A bot for the screens to talk to: answers at once, and says what it is told to."""

import asyncio
import dataclasses
import types
import typing
from typing import Any, TypeVar

from app import __version__
from app.core.errors import AppError
from app.core.safe_text import safe_json
from app.ipc import control
from app.ipc.wire import Json, Request, reply_class
from app.settings import setting_keys
from app.tui.bot_ports import LinkState, Listener

R = TypeVar("R")

STATUS: Json = {
    "version": __version__,
    "name": "Mynah",
    "discord": {"state": "online", "user": "Mynah#4417", "latency_ms": 48},
    "model": {"name": "SmolLM2-135M", "state": "ready"},
    "mode": "hybrid",
    "provider": "local",
    "dial": 50,
    "has_bot_token": True,
    "has_openai_key": False,
    "tokens_per_second": 41.0,
    "prompt_tokens_per_second": 320.0,
    "queue": 0,
    "today": {"messages": 1284, "replies": 96, "cost": 0.0213},
    "month_cost": 0.84,
    "monthly_budget": 5.0,
    "uptime_seconds": 8040,
    "events": [
        {"at": 1_699_988_700, "text": "model runner started: SmolLM2-135M"},
        {"at": 1_699_995_800, "text": "gateway lost the connection; resumed after 3 s"},
    ],
}


def filled(kind: Any, told: Any) -> Any:
    """A reply of its class from the fields that a test names; others are blank.

    A field that the class does not have fails the test: no screen may be shown it.
    """
    if isinstance(told, list):
        return [filled(typing.get_args(kind)[0], one) for one in told]
    is_class = isinstance(kind, type) and dataclasses.is_dataclass(kind)
    if not is_class or not isinstance(told, dict):
        return told
    hints = typing.get_type_hints(kind)
    fields = {name: filled(hints[name], value) for name, value in told.items()}
    for field in dataclasses.fields(kind):
        has_default = field.default_factory is not field.default
        if field.name not in fields and not has_default:
            fields[field.name] = blank(hints[field.name])
    return kind(**fields)


def blank(hint: Any) -> Any:
    """Nothing, as a field of that type has it."""
    hint = getattr(hint, "__supertype__", hint)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return inner[0]
    if types.NoneType in inner:
        return None
    return filled(hint, {}) if dataclasses.is_dataclass(hint) else (origin or hint)()


class FakeBot:
    """Satisfies `Link`; replies are what `replies` has under a method's name."""

    def __init__(self, **replies: Any) -> None:
        self.state = LinkState("stopped")
        self.asked: list[Request[Any]] = []
        self.replies: dict[str, Any] = {"status": STATUS, **replies}
        self.is_well = True
        """Whether `start` brings it up."""
        self._listener: Listener | None = None

    @property
    def is_heard(self) -> bool:
        """Whether an application listens to it."""
        return self._listener is not None

    def listen(self, listener: Listener) -> None:
        self._listener = listener

    async def call(self, request: Request[R]) -> R:
        self.asked.append(request)
        if not self.state.is_up:
            raise AppError("The bot is not running.", "Start it on Home.")
        reply = self.replies.get(request.method, {})
        if callable(reply):
            reply = reply(request)
        if asyncio.iscoroutine(reply):
            reply = await reply
        if isinstance(reply, AppError):
            raise reply
        shown: R = safe_json(filled(reply_class(type(request)), reply))
        return shown

    def requests(self, kind: type) -> list[Any]:
        """What was asked for, of one kind."""
        return [request for request in self.asked if isinstance(request, kind)]

    async def start(self) -> None:
        if self.is_well:
            self.enter("running")

    async def stop(self) -> None:
        self.enter("stopped", "it was stopped")

    async def close(self) -> None:
        self.state = LinkState("stopped")

    def enter(self, name: Any, reason: str = "", retry_seconds: float = 0.0) -> None:
        """Change the state of the link."""
        self.state = LinkState(name, reason, retry_seconds)
        if self._listener:
            self._listener.on_link_state(self.state)

    def say(self, notification: Any) -> None:
        """Send a notification, as the wire would."""
        if self._listener:
            self._listener.on_notification(safe_json(notification))


GUILDS: Json = {
    "guilds": [
        {
            "row": 1, "id": "9001", "key": "9001", "guild": "The Players",
            "messages": 24_310,
            "words": 241_080, "voice": "speaks well", "embeddings": 24_310,
            "backlog": 0,
            "bytes": {"voice": 2_100_000, "tokens": 0, "index": 18_700_000},
            "mode": "hybrid",
            "provider": "local", "dial": 60, "join_in": 0.02, "shadow": False,
            "local_only": True, "opted_out": 2,
        },
        {
            "row": 2, "id": "9002", "key": "9002", "guild": "Rust & Rye",
            "messages": 1_520,
            "words": 16_020, "voice": "speaks well", "embeddings": 900, "backlog": 620,
            "bytes": {"voice": 180_000, "tokens": 0, "index": 0}, "mode": "auto",
            "provider": "openai",
            "dial": 35, "join_in": 0.0, "shadow": True, "local_only": False,
            "opted_out": 0,
        },
    ]
}  # fmt: skip


def model(name: str, **fields: Any) -> control.ModelEntry:
    """A model of the catalogue that is neither here nor used."""
    known = {
        "kind": "llm", "ram_gigabytes": 4.0, "licence": "Apache-2.0", "note": "",
        "present": False, "used": False, "set_aside": "", "fits": True,
        "tokens_per_second": None,
    }  # fmt: skip
    return control.ModelEntry(name, **{**known, **fields})


MODELS = control.ModelsReply(
    memory_gigabytes=7.8,
    best="lfm2.5-1.2b",
    models=[
        model(
            "starter", bytes=98_362_432, ram_gigabytes=0.5, present=True, used=True,
            tokens_per_second=41.0, answer_seconds=1.4,
            note="SmolLM2 135M Instruct; small and quick",
        ),
        model(
            "lfm2.5-1.2b", bytes=730_895_168, ram_gigabytes=1.5, present=True,
            licence="LFM Open License", note="for machines with 4 GB",
            answer_seconds=5.2,
        ),
        model(
            "qwen3.5-4b", bytes=2_740_937_888, answer_seconds=19.6,
            note="for machines with 16 GB; many languages",
        ),
        model(
            "large-12b", bytes=7_100_000_000, ram_gigabytes=12.0, fits=False,
            answer_seconds=51.0,
        ),
    ],
)  # fmt: skip

PHRASES: Json = {
    "words": [
        {"text": word, "count": count}
        for word, count in (("forsooth", 212), ("knave", 187), ("prithee", 160))
    ],
    "phrases": [
        {"text": phrase, "count": count}
        for phrase, count in (("by my troth", 96), ("good night ladies", 41))
    ],
}

SNAPSHOTS: Json = {
    "snapshots": [
        {"name": "before the raid", "at": 1_699_800_000, "messages": 22_104},
        {"name": "spring", "at": 1_682_000_000, "messages": 15_880},
    ]
}

COMPARED: Json = {
    "gained": [{"text": "zounds", "count": 12}],
    "lost": [],
    "settings": [{"channel": None, "key": "reply.dial", "before": 50, "after": 70}],
}

_COURSE = (0.71, 0.74, 0.8, 0.82, 0.81, 0.66)
METER = control.MeterReply(
    guild="The Players",
    weeks=[
        control.MeteredWeek(
            start=1_696_809_600 + 604_800 * number, replies=30 + 9 * number,
            messages=1400, alike=alike, assistant=0.02 if number < 5 else 0.19,
            assistant_members=0.0, relevance=0.7 + 0.02 * number, copied=0.04,
            repeated=0.03, milliseconds=900.0 - 60 * number, slowest=2100.0,
            words=19.0, words_members=7.0, liked=3 + number, disliked=2,
            aspects={
                "words": 0.84, "lengths": 0.58, "casing": 0.71, "punctuation": 0.63,
                "emoji": 0.92, "openings": 0.55,
            },
        )
        for number, alike in enumerate(_COURSE)
    ],
    advice=[
        control.MeterAdvice(True, "19% of its replies sound like an assistant",
                            "turn reply.dial up, from 50 to 65"),
        control.MeterAdvice(False, "19 words per reply, while members use 7",
                            "set reply.max_words to 14"),
    ],
)  # fmt: skip

RESULTS: Json = {
    "comparisons": 26,
    "blind": [
        {"arm": "hybrid at voice 60", "won": 17.5, "of": 26, "rate": 0.67,
         "low": 0.48, "high": 0.82},
        {"arm": "llm", "won": 8.5, "of": 26, "rate": 0.33, "low": 0.18, "high": 0.52},
    ],
    "live": [
        {"arm": "hybrid at voice 60", "won": 9, "of": 11, "rate": 0.82, "low": 0.52,
         "high": 0.95, "replies": 40},
        {"arm": "llm", "won": 0, "of": 0, "rate": 0.0, "low": 0.0, "high": 1.0,
         "replies": 39},
    ],
}  # fmt: skip

BLIND: Json = {
    "pair": 4,
    "turns": [
        ["Toby", "a plague o' both your bots"],
        ["Viola", "what country is this?"],
    ],
    "texts": ["this is Illyria, lady", "It is a beautiful country on the coast."],
}

OWN = {"reply.dial": 60, "speak.join_in": 0.02, "reply.persona": "a tired stage hand"}
"""Settings that the first guild has of its own."""


def settings(request: control.ConfigGet) -> Json:
    """Every setting, or those of a key or section, as `config_get` has them."""
    wanted = list(setting_keys.keys())
    if key := request.key:
        wanted = [one for one in wanted if one == key or one.startswith(f"{key}.")]
        wanted = wanted or [setting_keys.find_key(key).name]
    rows: list[Json] = []
    for name in wanted:
        own = bool(request.guild) and name in OWN
        value = OWN[name] if own else setting_keys.keys()[name].default
        origin = "guild" if own else "default"
        rows.append({"key": name, "value": value, "origin": origin})
    return {"settings": rows}


SAMPLES = (
    "Illyria, lady, and I was adored once too",
    "what country, friends, have you but to drink?",
    "are you mad? better a witty fool, by my troth",
)


def reply(request: control.Say) -> Json:
    """A reply that names its words, its sources and its times."""
    text = "by my troth, what country is this, friends?"
    if request.voice is not None and not request.explain:
        text = SAMPLES[len(request.text) % len(SAMPLES)]
    return {
        "text": text,
        "mode": request.mode or "hybrid",
        "provider": "markov" if request.mode == "markov" else "local",
        "voice": request.voice or 50,
        "rungs": [
            {"provider": "openai", "outcome": "skipped", "reason": "no API key"},
            {"provider": "local", "outcome": "answered", "reason": ""},
        ],
        "ms": {"total": 840.0, "first_token": 210.0},
        "tokens": {"prompt": 96, "cached": 60, "completion": 25},
        "sources": ["1001", "1004"],
        "drawn": [
            {"id": "1001", "author": "Viola", "words": 3, "run": "what country",
             "text": "what country, friends, is this?"},
            {"id": "1004", "author": "Maria", "words": 3, "run": "by my troth",
             "text": "by my troth you must come in earlier o' nights"},
        ],
        "recalled": [],
        "cost": 0.0,
        "shares": [90, 80, 100, 55, 40, 10, 0, 70],
    }  # fmt: skip


FOUND = control.ModelsFoundReply(
    left_out=1,
    models=[
        model(
            "/home/ada/.ollama/models/blobs/sha256-4f659a1e86d7", bytes=2_019_377_376,
            ram_gigabytes=2.9, licence="", present=True, answer_seconds=14.4,
            title="llama3.2:3b",
            note="Ollama keeps it in /home/ada/.ollama/models/blobs",
        ),
    ],
)  # fmt: skip


def hub_file(name: str, format_: str, size: int, **fields: Any) -> control.HubFile:
    """A file of the hub that is not here."""
    entry = model(f"unsloth-{name}".lower(), bytes=size, title=f"{name}.gguf", **fields)
    address = f"hub:unsloth/Qwen3-4B-GGUF@{'c' * 40}/{name}.gguf"
    return control.HubFile(address, format_, entry)


HUB_LIST = control.HubSearchReply(
    "huggingface.co",
    [
        control.HubRepository(
            "unsloth/Qwen3-4B-GGUF", "apache-2.0", 1_204_311, 4_022_468_096, False
        ),
        control.HubRepository(
            "meta/Qwen-GGUF", "llama3.1", 88_000, 8_030_261_312, True
        ),
        control.HubRepository("someone/tiny-Qwen", "", 31, 0, False),
    ],
)

HUB_FILES = control.HubFilesReply(
    "huggingface.co",
    HUB_LIST.repositories[0],
    [
        hub_file(
            "Qwen3-4B-Q2_K", "Q2_K", 1_669_498_976, ram_gigabytes=3.0,
            answer_seconds=4.1,
        ),
        hub_file(
            "Qwen3-4B-Q4_K_M", "Q4_K_M", 2_497_280_736, ram_gigabytes=4.1,
            answer_seconds=5.9,
        ),
        hub_file(
            "Qwen3-4B-BF16", "BF16", 8_051_284_640, ram_gigabytes=11.3, fits=False,
            answer_seconds=19.6,
        ),
    ],
    context=6144, parts=2, projectors=1, others=1,
)  # fmt: skip
HUB_FILES = dataclasses.replace(HUB_FILES, best=HUB_FILES.files[1].address)


def busy_bot(**replies: Any) -> FakeBot:
    """A bot on two servers, in good health."""
    known = {
        "guilds": GUILDS, "models": MODELS, "models_found": FOUND,
        "hub": control.HubReply("huggingface.co"), "hub_search": HUB_LIST,
        "hub_files": HUB_FILES,
        "phrases": PHRASES, "snapshots": SNAPSHOTS,
        "snapshot_compare": COMPARED,
        "meter": METER, "blind": BLIND, "blind_results": RESULTS,
        "blind_choose": {"arms": ["hybrid at voice 60", "llm"], **RESULTS},
        "config_get": settings, "say": reply,
        "model_pull": lambda asked: control.ModelPullReply(asked.name, "a.gguf", 9),
        "model_use": lambda asked: control.ModelUseReply(asked.name, "a.gguf"),
        "model_load": lambda asked: control.ModelLoadReply("starter", asked.load),
        "model_remove": lambda asked: control.ModelRemoveReply(asked.name, 9),
        "model_test": control.ModelTestReply(320.0, 41.0),
        "import_preview": {"servers": [{"files": 1, "messages": 3}]},
        "listen": lambda asked: control.ListenReply(asked.channel, asked.learn),
        "quiet": lambda asked: control.QuietReply(asked.channel, asked.seconds),
        "train": lambda asked: control.TrainReply(asked.guild, asked.channels),
        "job": lambda asked: control.JobControlReply(asked.job, asked.action),
        "send": control.SendReply(["1"]),
        "decide": lambda asked: control.DecideReply(asked.reply, asked.approve),
        "features": control.FeaturesReply([
            control.StoredAmount("context.lore", 12, 3100),
            control.StoredAmount("memory.enabled", 1204, 480_000),
            control.StoredAmount("memory.people", 5, 130),
            control.StoredAmount("context.summary", 3, 620),
            control.StoredAmount("games.whosaid", 7, 0),
            control.StoredAmount("speak.webhooks", 2, 91_000),
            control.StoredAmount("speak.imitate", 1, 0),
        ], [
            control.MeasuredCost("context.lore", 12, 85, 0.4),
            control.MeasuredCost("memory.enabled", 90, 140, 31.4, 480_000),
            control.MeasuredCost("context.spoken", 0, None, 2300.0, 210_000_000),
        ]),
        "feature_clear": lambda asked: control.FeatureClearReply(
            asked.setting, 12, True
        ),
        "last_hour": control.LastHourReply([]),
        "draft_back": lambda asked: control.DecideReply(asked.reply, False),
        "forget": control.ForgetReply(
            7, 7, 1, True, receipt=control.Receipt(["messages"], 9, 10**6, 7, 0, [])
        ),
        "reconnect": lambda asked: control.ReconnectReply(asked.connect),
    }  # fmt: skip
    return FakeBot(**{**known, **replies})
