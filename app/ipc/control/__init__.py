"""The catalogue of requests from the TUI and the command line to the bot.

A request is a frozen dataclass with the wire's `method` name; the bot has one handler
of that name, and a class of handlers for each of the tuples. Replies are the JSON
objects of the command line's `--json`.
"""

from app.ipc.control.app import APP_REQUESTS as APP_REQUESTS
from app.ipc.control.app import BENCHMARK_REQUESTS as BENCHMARK_REQUESTS
from app.ipc.control.app import SETTINGS_REQUESTS as SETTINGS_REQUESTS
from app.ipc.control.app import Bench as Bench
from app.ipc.control.app import ConfigGet as ConfigGet
from app.ipc.control.app import ConfigSet as ConfigSet
from app.ipc.control.app import Doctor as Doctor
from app.ipc.control.app import ModelTest as ModelTest
from app.ipc.control.app import SecretSet as SecretSet
from app.ipc.control.app import SecretTest as SecretTest
from app.ipc.control.app import Shutdown as Shutdown
from app.ipc.control.app import Status as Status
from app.ipc.control.app import Subscribe as Subscribe
from app.ipc.control.app import UsageReport as UsageReport
from app.ipc.control.discord import DISCORD_REQUESTS as DISCORD_REQUESTS
from app.ipc.control.discord import Decide as Decide
from app.ipc.control.discord import JobControl as JobControl
from app.ipc.control.discord import Listen as Listen
from app.ipc.control.discord import Reconnect as Reconnect
from app.ipc.control.discord import Send as Send
from app.ipc.control.discord import Train as Train
from app.ipc.control.guilds import GUILD_REQUESTS as GUILD_REQUESTS
from app.ipc.control.guilds import METER_REQUESTS as METER_REQUESTS
from app.ipc.control.guilds import Backup as Backup
from app.ipc.control.guilds import Export as Export
from app.ipc.control.guilds import Forget as Forget
from app.ipc.control.guilds import Guilds as Guilds
from app.ipc.control.guilds import Import as Import
from app.ipc.control.guilds import Meter as Meter
from app.ipc.control.guilds import Phrases as Phrases
from app.ipc.control.models import FINE_TUNING_REQUESTS as FINE_TUNING_REQUESTS
from app.ipc.control.models import MODEL_REQUESTS as MODEL_REQUESTS
from app.ipc.control.models import ExportTuning as ExportTuning
from app.ipc.control.models import ModelPull as ModelPull
from app.ipc.control.models import ModelRemove as ModelRemove
from app.ipc.control.models import Models as Models
from app.ipc.control.models import ModelTune as ModelTune
from app.ipc.control.models import ModelUse as ModelUse
from app.ipc.control.models import TuneEstimate as TuneEstimate
from app.ipc.control.models import TuneStart as TuneStart
from app.ipc.control.models import TuneStatus as TuneStatus
from app.ipc.control.models import TuneUse as TuneUse
from app.ipc.control.notifications import NOTIFICATIONS as NOTIFICATIONS
from app.ipc.control.notifications import Log as Log
from app.ipc.control.notifications import MessageSeen as MessageSeen
from app.ipc.control.notifications import Progress as Progress
from app.ipc.control.notifications import ReplyMade as ReplyMade
from app.ipc.control.notifications import StateChanged as StateChanged
from app.ipc.control.notifications import Token as Token
from app.ipc.control.replies import BLIND_TEST_REQUESTS as BLIND_TEST_REQUESTS
from app.ipc.control.replies import REPLY_REQUESTS as REPLY_REQUESTS
from app.ipc.control.replies import Blind as Blind
from app.ipc.control.replies import BlindChoose as BlindChoose
from app.ipc.control.replies import BlindResults as BlindResults
from app.ipc.control.replies import Cancel as Cancel
from app.ipc.control.replies import Explain as Explain
from app.ipc.control.replies import Rate as Rate
from app.ipc.control.replies import Say as Say
from app.ipc.control.snapshots import SNAPSHOT_REQUESTS as SNAPSHOT_REQUESTS
from app.ipc.control.snapshots import SnapshotCompare as SnapshotCompare
from app.ipc.control.snapshots import SnapshotExport as SnapshotExport
from app.ipc.control.snapshots import SnapshotImport as SnapshotImport
from app.ipc.control.snapshots import SnapshotRemove as SnapshotRemove
from app.ipc.control.snapshots import SnapshotRestore as SnapshotRestore
from app.ipc.control.snapshots import Snapshots as Snapshots
from app.ipc.control.snapshots import SnapshotTake as SnapshotTake

REQUESTS = (
    *APP_REQUESTS,
    *REPLY_REQUESTS,
    *GUILD_REQUESTS,
    *MODEL_REQUESTS,
    *SETTINGS_REQUESTS,
    *BENCHMARK_REQUESTS,
    *METER_REQUESTS,
    *BLIND_TEST_REQUESTS,
    *FINE_TUNING_REQUESTS,
    *SNAPSHOT_REQUESTS,
    *DISCORD_REQUESTS,
)
