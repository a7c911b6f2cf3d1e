"""The catalogue of requests from the TUI and the command line to the bot.

A request is a frozen dataclass with the wire's `method` name, beside the dataclass of
its reply; the bot has one handler of that name, and a class of handlers for each of
the tuples. The command line's `--json` prints the fields of the reply.
"""

from app.core.supervisor import StandingTrouble as StandingTrouble
from app.ipc.control.app import APP_REQUESTS as APP_REQUESTS
from app.ipc.control.app import LAST_HOUR_REQUESTS as LAST_HOUR_REQUESTS
from app.ipc.control.app import BotEvent as BotEvent
from app.ipc.control.app import Check as Check
from app.ipc.control.app import CloudStatus as CloudStatus
from app.ipc.control.app import DiscordStatus as DiscordStatus
from app.ipc.control.app import Doctor as Doctor
from app.ipc.control.app import DoctorReply as DoctorReply
from app.ipc.control.app import LastHour as LastHour
from app.ipc.control.app import LastHourMoment as LastHourMoment
from app.ipc.control.app import LastHourReply as LastHourReply
from app.ipc.control.app import ModelStatus as ModelStatus
from app.ipc.control.app import ProcessUse as ProcessUse
from app.ipc.control.app import ShardStatus as ShardStatus
from app.ipc.control.app import Shutdown as Shutdown
from app.ipc.control.app import Status as Status
from app.ipc.control.app import StatusReply as StatusReply
from app.ipc.control.app import Subscribe as Subscribe
from app.ipc.control.app import TodayCounts as TodayCounts
from app.ipc.control.app import UsageCall as UsageCall
from app.ipc.control.app import UsageDay as UsageDay
from app.ipc.control.app import UsageReply as UsageReply
from app.ipc.control.app import UsageReport as UsageReport
from app.ipc.control.benchmark import BENCHMARK_REQUESTS as BENCHMARK_REQUESTS
from app.ipc.control.benchmark import Bench as Bench
from app.ipc.control.benchmark import BenchReply as BenchReply
from app.ipc.control.benchmark import ModelOutlook as ModelOutlook
from app.ipc.control.benchmark import ModelTest as ModelTest
from app.ipc.control.benchmark import ModelTestReply as ModelTestReply
from app.ipc.control.blind_tests import BLIND_TEST_REQUESTS as BLIND_TEST_REQUESTS
from app.ipc.control.blind_tests import Blind as Blind
from app.ipc.control.blind_tests import BlindChoose as BlindChoose
from app.ipc.control.blind_tests import BlindChooseReply as BlindChooseReply
from app.ipc.control.blind_tests import BlindReply as BlindReply
from app.ipc.control.blind_tests import BlindResults as BlindResults
from app.ipc.control.blind_tests import BlindResultsReply as BlindResultsReply
from app.ipc.control.blind_tests import LiveWinRate as LiveWinRate
from app.ipc.control.blind_tests import WinRate as WinRate
from app.ipc.control.discord import DISCORD_REQUESTS as DISCORD_REQUESTS
from app.ipc.control.discord import Decide as Decide
from app.ipc.control.discord import DecideReply as DecideReply
from app.ipc.control.discord import DraftBack as DraftBack
from app.ipc.control.discord import JobControl as JobControl
from app.ipc.control.discord import JobControlReply as JobControlReply
from app.ipc.control.discord import Reconnect as Reconnect
from app.ipc.control.discord import ReconnectReply as ReconnectReply
from app.ipc.control.discord import Send as Send
from app.ipc.control.discord import SendReply as SendReply
from app.ipc.control.discord import Train as Train
from app.ipc.control.discord import TrainReply as TrainReply
from app.ipc.control.features import FEATURE_REQUESTS as FEATURE_REQUESTS
from app.ipc.control.features import FeatureClear as FeatureClear
from app.ipc.control.features import FeatureClearReply as FeatureClearReply
from app.ipc.control.features import Features as Features
from app.ipc.control.features import FeaturesReply as FeaturesReply
from app.ipc.control.features import MeasuredCost as MeasuredCost
from app.ipc.control.features import StoredAmount as StoredAmount
from app.ipc.control.fine_tuning import FINE_TUNING_REQUESTS as FINE_TUNING_REQUESTS
from app.ipc.control.fine_tuning import ExportTuning as ExportTuning
from app.ipc.control.fine_tuning import ExportTuningReply as ExportTuningReply
from app.ipc.control.fine_tuning import TuneEstimate as TuneEstimate
from app.ipc.control.fine_tuning import TuneEstimateReply as TuneEstimateReply
from app.ipc.control.fine_tuning import TuneStart as TuneStart
from app.ipc.control.fine_tuning import TuneStartReply as TuneStartReply
from app.ipc.control.fine_tuning import TuneStatus as TuneStatus
from app.ipc.control.fine_tuning import TuneStatusReply as TuneStatusReply
from app.ipc.control.fine_tuning import TuneUse as TuneUse
from app.ipc.control.fine_tuning import TuneUseReply as TuneUseReply
from app.ipc.control.fine_tuning import TuningCounts as TuningCounts
from app.ipc.control.fine_tuning import TuningEvent as TuningEvent
from app.ipc.control.forget import FORGET_REQUESTS as FORGET_REQUESTS
from app.ipc.control.forget import Forget as Forget
from app.ipc.control.forget import ForgetReply as ForgetReply
from app.ipc.control.forget import Receipt as Receipt
from app.ipc.control.guilds import GUILD_REQUESTS as GUILD_REQUESTS
from app.ipc.control.guilds import Backup as Backup
from app.ipc.control.guilds import BackupReply as BackupReply
from app.ipc.control.guilds import CountedText as CountedText
from app.ipc.control.guilds import Export as Export
from app.ipc.control.guilds import ExportReply as ExportReply
from app.ipc.control.guilds import GuildFigures as GuildFigures
from app.ipc.control.guilds import Guilds as Guilds
from app.ipc.control.guilds import GuildsReply as GuildsReply
from app.ipc.control.guilds import Listen as Listen
from app.ipc.control.guilds import ListenReply as ListenReply
from app.ipc.control.guilds import Phrases as Phrases
from app.ipc.control.guilds import PhrasesReply as PhrasesReply
from app.ipc.control.guilds import Quiet as Quiet
from app.ipc.control.guilds import QuietReply as QuietReply
from app.ipc.control.hosts import HOST_REQUESTS as HOST_REQUESTS
from app.ipc.control.hosts import FoundHost as FoundHost
from app.ipc.control.hosts import HostAdd as HostAdd
from app.ipc.control.hosts import HostEntry as HostEntry
from app.ipc.control.hosts import HostRemove as HostRemove
from app.ipc.control.hosts import HostRemoved as HostRemoved
from app.ipc.control.hosts import Hosts as Hosts
from app.ipc.control.hosts import HostsFind as HostsFind
from app.ipc.control.hosts import HostsFindReply as HostsFindReply
from app.ipc.control.hosts import HostsReply as HostsReply
from app.ipc.control.hosts import HostTest as HostTest
from app.ipc.control.hosts import HostTestReply as HostTestReply
from app.ipc.control.hosts import HostUse as HostUse
from app.ipc.control.hosts import HostUseReply as HostUseReply
from app.ipc.control.hub import HUB_REQUESTS as HUB_REQUESTS
from app.ipc.control.hub import Hub as Hub
from app.ipc.control.hub import HubFile as HubFile
from app.ipc.control.hub import HubFiles as HubFiles
from app.ipc.control.hub import HubFilesReply as HubFilesReply
from app.ipc.control.hub import HubReply as HubReply
from app.ipc.control.hub import HubRepository as HubRepository
from app.ipc.control.hub import HubSearch as HubSearch
from app.ipc.control.hub import HubSearchReply as HubSearchReply
from app.ipc.control.imports import IMPORT_REQUESTS as IMPORT_REQUESTS
from app.ipc.control.imports import FilesRequest as FilesRequest
from app.ipc.control.imports import FoundServer as FoundServer
from app.ipc.control.imports import Import as Import
from app.ipc.control.imports import ImportedFile as ImportedFile
from app.ipc.control.imports import ImportPreview as ImportPreview
from app.ipc.control.imports import ImportPreviewReply as ImportPreviewReply
from app.ipc.control.imports import ImportReply as ImportReply
from app.ipc.control.imports import PassedOver as PassedOver
from app.ipc.control.imports import UnreadFile as UnreadFile
from app.ipc.control.lore import LORE_REQUESTS as LORE_REQUESTS
from app.ipc.control.lore import Lore as Lore
from app.ipc.control.lore import LoreAdd as LoreAdd
from app.ipc.control.lore import LoreRemove as LoreRemove
from app.ipc.control.lore import LoreReply as LoreReply
from app.ipc.control.lore import LoreShow as LoreShow
from app.ipc.control.lore import ShownLore as ShownLore
from app.ipc.control.meter import METER_REQUESTS as METER_REQUESTS
from app.ipc.control.meter import Meter as Meter
from app.ipc.control.meter import MeterAdvice as MeterAdvice
from app.ipc.control.meter import MeteredWeek as MeteredWeek
from app.ipc.control.meter import MeterReply as MeterReply
from app.ipc.control.models import MODEL_REQUESTS as MODEL_REQUESTS
from app.ipc.control.models import MeasuredFormat as MeasuredFormat
from app.ipc.control.models import ModelEntry as ModelEntry
from app.ipc.control.models import ModelLoad as ModelLoad
from app.ipc.control.models import ModelLoadReply as ModelLoadReply
from app.ipc.control.models import ModelPull as ModelPull
from app.ipc.control.models import ModelPullReply as ModelPullReply
from app.ipc.control.models import ModelRemove as ModelRemove
from app.ipc.control.models import ModelRemoveReply as ModelRemoveReply
from app.ipc.control.models import Models as Models
from app.ipc.control.models import ModelsFound as ModelsFound
from app.ipc.control.models import ModelsFoundReply as ModelsFoundReply
from app.ipc.control.models import ModelsReply as ModelsReply
from app.ipc.control.models import ModelTune as ModelTune
from app.ipc.control.models import ModelTuneReply as ModelTuneReply
from app.ipc.control.models import ModelUse as ModelUse
from app.ipc.control.models import ModelUseReply as ModelUseReply
from app.ipc.control.notifications import NOTIFICATIONS as NOTIFICATIONS
from app.ipc.control.notifications import Log as Log
from app.ipc.control.notifications import MessageSeen as MessageSeen
from app.ipc.control.notifications import Progress as Progress
from app.ipc.control.notifications import ReplyMade as ReplyMade
from app.ipc.control.notifications import StateChanged as StateChanged
from app.ipc.control.notifications import Token as Token
from app.ipc.control.personas import PERSONA_REQUESTS as PERSONA_REQUESTS
from app.ipc.control.personas import CastReply as CastReply
from app.ipc.control.personas import PersonaAdd as PersonaAdd
from app.ipc.control.personas import PersonaCast as PersonaCast
from app.ipc.control.personas import PersonaDismiss as PersonaDismiss
from app.ipc.control.personas import PersonaImport as PersonaImport
from app.ipc.control.personas import PersonaRemove as PersonaRemove
from app.ipc.control.personas import PersonaShow as PersonaShow
from app.ipc.control.personas import ShownCharacter as ShownCharacter
from app.ipc.control.personas import ShownPersona as ShownPersona
from app.ipc.control.personas import TakenCard as TakenCard
from app.ipc.control.replies import REPLY_REQUESTS as REPLY_REQUESTS
from app.ipc.control.replies import Cancel as Cancel
from app.ipc.control.replies import CancelReply as CancelReply
from app.ipc.control.replies import Explain as Explain
from app.ipc.control.replies import Rate as Rate
from app.ipc.control.replies import RateReply as RateReply
from app.ipc.control.replies import Say as Say
from app.ipc.control.replies import SayReply as SayReply
from app.ipc.control.settings import SETTINGS_REQUESTS as SETTINGS_REQUESTS
from app.ipc.control.settings import ConfigGet as ConfigGet
from app.ipc.control.settings import ConfigGetReply as ConfigGetReply
from app.ipc.control.settings import ConfigSet as ConfigSet
from app.ipc.control.settings import SecretSet as SecretSet
from app.ipc.control.settings import SecretSetReply as SecretSetReply
from app.ipc.control.settings import SecretTest as SecretTest
from app.ipc.control.settings import SecretTestReply as SecretTestReply
from app.ipc.control.settings import SettingValue as SettingValue
from app.ipc.control.settings import ShownSetting as ShownSetting
from app.ipc.control.settings import WithdrawConsent as WithdrawConsent
from app.ipc.control.settings import WithdrawConsentReply as WithdrawConsentReply
from app.ipc.control.snapshots import SNAPSHOT_REQUESTS as SNAPSHOT_REQUESTS
from app.ipc.control.snapshots import KeptSnapshot as KeptSnapshot
from app.ipc.control.snapshots import SettingChange as SettingChange
from app.ipc.control.snapshots import SnapshotCompare as SnapshotCompare
from app.ipc.control.snapshots import SnapshotCompareReply as SnapshotCompareReply
from app.ipc.control.snapshots import SnapshotExport as SnapshotExport
from app.ipc.control.snapshots import SnapshotImport as SnapshotImport
from app.ipc.control.snapshots import SnapshotImportReply as SnapshotImportReply
from app.ipc.control.snapshots import SnapshotRemove as SnapshotRemove
from app.ipc.control.snapshots import SnapshotRemoveReply as SnapshotRemoveReply
from app.ipc.control.snapshots import SnapshotRestore as SnapshotRestore
from app.ipc.control.snapshots import SnapshotRestoreReply as SnapshotRestoreReply
from app.ipc.control.snapshots import Snapshots as Snapshots
from app.ipc.control.snapshots import SnapshotsReply as SnapshotsReply
from app.ipc.control.snapshots import SnapshotTake as SnapshotTake

REQUESTS = (
    *APP_REQUESTS,
    *REPLY_REQUESTS,
    *GUILD_REQUESTS,
    *FEATURE_REQUESTS,
    *IMPORT_REQUESTS,
    *FORGET_REQUESTS,
    *MODEL_REQUESTS,
    *HUB_REQUESTS,
    *HOST_REQUESTS,
    *SETTINGS_REQUESTS,
    *BENCHMARK_REQUESTS,
    *METER_REQUESTS,
    *BLIND_TEST_REQUESTS,
    *FINE_TUNING_REQUESTS,
    *SNAPSHOT_REQUESTS,
    *LORE_REQUESTS,
    *PERSONA_REQUESTS,
    *DISCORD_REQUESTS,
    *LAST_HOUR_REQUESTS,
)
