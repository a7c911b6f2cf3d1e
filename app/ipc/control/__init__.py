"""The catalogue of what the TUI and the command line may ask of the bot.

A request is a frozen dataclass with the wire's `method` name; the bot has one handler
of that name, and a class of handlers for each of the tuples. Replies are the JSON
objects of the command line's `--json`.
"""

from app.ipc.control.discord import DISCORDING as DISCORDING
from app.ipc.control.discord import Decide as Decide
from app.ipc.control.discord import Job as Job
from app.ipc.control.discord import Listen as Listen
from app.ipc.control.discord import Reconnect as Reconnect
from app.ipc.control.discord import Send as Send
from app.ipc.control.discord import Train as Train
from app.ipc.control.keeping import KEEPING as KEEPING
from app.ipc.control.keeping import SnapshotCompare as SnapshotCompare
from app.ipc.control.keeping import SnapshotExport as SnapshotExport
from app.ipc.control.keeping import SnapshotImport as SnapshotImport
from app.ipc.control.keeping import SnapshotRemove as SnapshotRemove
from app.ipc.control.keeping import SnapshotRestore as SnapshotRestore
from app.ipc.control.keeping import Snapshots as Snapshots
from app.ipc.control.keeping import SnapshotTake as SnapshotTake
from app.ipc.control.knowing import KNOWING as KNOWING
from app.ipc.control.knowing import METERING as METERING
from app.ipc.control.knowing import Backup as Backup
from app.ipc.control.knowing import Export as Export
from app.ipc.control.knowing import Forget as Forget
from app.ipc.control.knowing import Guilds as Guilds
from app.ipc.control.knowing import Import as Import
from app.ipc.control.knowing import Meter as Meter
from app.ipc.control.knowing import Phrases as Phrases
from app.ipc.control.modelling import FINE_TUNING as FINE_TUNING
from app.ipc.control.modelling import MODELLING as MODELLING
from app.ipc.control.modelling import ExportTuning as ExportTuning
from app.ipc.control.modelling import ModelPull as ModelPull
from app.ipc.control.modelling import ModelRemove as ModelRemove
from app.ipc.control.modelling import Models as Models
from app.ipc.control.modelling import ModelTune as ModelTune
from app.ipc.control.modelling import ModelUse as ModelUse
from app.ipc.control.modelling import TuneEstimate as TuneEstimate
from app.ipc.control.modelling import TuneStart as TuneStart
from app.ipc.control.modelling import TuneStatus as TuneStatus
from app.ipc.control.modelling import TuneUse as TuneUse
from app.ipc.control.notifications import NOTIFICATIONS as NOTIFICATIONS
from app.ipc.control.notifications import Log as Log
from app.ipc.control.notifications import MessageSeen as MessageSeen
from app.ipc.control.notifications import Progress as Progress
from app.ipc.control.notifications import ReplyMade as ReplyMade
from app.ipc.control.notifications import State as State
from app.ipc.control.notifications import Token as Token
from app.ipc.control.program import MEASURING as MEASURING
from app.ipc.control.program import OWN as OWN
from app.ipc.control.program import OWNING as OWNING
from app.ipc.control.program import Bench as Bench
from app.ipc.control.program import ConfigGet as ConfigGet
from app.ipc.control.program import ConfigSet as ConfigSet
from app.ipc.control.program import Doctor as Doctor
from app.ipc.control.program import ModelTest as ModelTest
from app.ipc.control.program import SecretSet as SecretSet
from app.ipc.control.program import SecretTest as SecretTest
from app.ipc.control.program import Shutdown as Shutdown
from app.ipc.control.program import Status as Status
from app.ipc.control.program import Subscribe as Subscribe
from app.ipc.control.program import Usage as Usage
from app.ipc.control.talking import COMPARING as COMPARING
from app.ipc.control.talking import TALKING as TALKING
from app.ipc.control.talking import Blind as Blind
from app.ipc.control.talking import BlindChoose as BlindChoose
from app.ipc.control.talking import BlindResults as BlindResults
from app.ipc.control.talking import Cancel as Cancel
from app.ipc.control.talking import Explain as Explain
from app.ipc.control.talking import Rate as Rate
from app.ipc.control.talking import Say as Say

REQUESTS = (
    *OWN,
    *TALKING,
    *KNOWING,
    *MODELLING,
    *OWNING,
    *MEASURING,
    *METERING,
    *COMPARING,
    *FINE_TUNING,
    *KEEPING,
    *DISCORDING,
)
