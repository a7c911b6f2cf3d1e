"""Each handler of the bot returns the reply that its request names."""

import inspect
import typing
from typing import Any

import pytest

from app.discord.controller import DiscordController
from app.ipc import control, inference
from app.ipc.wire import reply_class
from app.service.handlers.app import AppHandlers
from app.service.handlers.benchmark import BenchmarkHandlers
from app.service.handlers.blind_tests import BlindTestHandlers
from app.service.handlers.features import FeatureHandlers
from app.service.handlers.fine_tuning import FineTuningHandlers
from app.service.handlers.forget import ForgetHandlers
from app.service.handlers.guilds import GuildHandlers
from app.service.handlers.hosts import HostHandlers
from app.service.handlers.hub import HubHandlers
from app.service.handlers.imports import ImportHandlers
from app.service.handlers.last_hour import LastHourHandlers
from app.service.handlers.lore import LoreHandlers
from app.service.handlers.meter import MeterHandlers
from app.service.handlers.models import ModelHandlers
from app.service.handlers.personas import PersonaHandlers
from app.service.handlers.replies import ReplyHandlers
from app.service.handlers.settings import SettingsHandlers
from app.service.handlers.snapshots import SnapshotHandlers

HANDLERS = {
    AppHandlers: control.APP_REQUESTS,
    BenchmarkHandlers: control.BENCHMARK_REQUESTS,
    BlindTestHandlers: control.BLIND_TEST_REQUESTS,
    LastHourHandlers: control.LAST_HOUR_REQUESTS,
    DiscordController: control.DISCORD_REQUESTS,
    FeatureHandlers: control.FEATURE_REQUESTS,
    FineTuningHandlers: control.FINE_TUNING_REQUESTS,
    ForgetHandlers: control.FORGET_REQUESTS,
    GuildHandlers: control.GUILD_REQUESTS,
    HostHandlers: control.HOST_REQUESTS,
    HubHandlers: control.HUB_REQUESTS,
    ImportHandlers: control.IMPORT_REQUESTS,
    MeterHandlers: control.METER_REQUESTS,
    ModelHandlers: control.MODEL_REQUESTS,
    ReplyHandlers: control.REPLY_REQUESTS,
    SettingsHandlers: control.SETTINGS_REQUESTS,
    LoreHandlers: control.LORE_REQUESTS,
    PersonaHandlers: control.PERSONA_REQUESTS,
    SnapshotHandlers: control.SNAPSHOT_REQUESTS,
}
SERVED = [(kind, request) for kind, group in HANDLERS.items() for request in group]


def test_every_request_of_the_catalogue_is_served_by_one_class():
    assert {request for _, request in SERVED} == set(control.REQUESTS)
    assert len(SERVED) == len(control.REQUESTS)


@pytest.mark.parametrize(
    ("kind", "request_class"), SERVED, ids=[request.method for _, request in SERVED]
)
def test_a_handler_returns_what_its_request_names(kind: type, request_class: type):
    name = request_class.method  # type: ignore[attr-defined]
    handler = getattr(kind, name, None) or getattr(kind, f"{name}_")
    assert typing.get_type_hints(handler)["return"] is reply_class(request_class)


@pytest.mark.parametrize(
    "request_class",
    [*control.REQUESTS, *inference.REQUESTS],
    ids=lambda request_class: request_class.__name__,
)
def test_every_reply_is_a_frozen_dataclass(request_class: type):
    reply: Any = reply_class(request_class)
    assert inspect.isclass(reply)
    assert reply.__dataclass_params__.frozen
