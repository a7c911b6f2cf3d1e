"""All settings of one home, a section each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.settings.learn_sections import LearnSettings, StoreSettings, VoiceSettings
from app.settings.model_sections import (
    ContextSettings,
    HostSettings,
    MemorySettings,
    ModelSettings,
    OpenAISettings,
)
from app.settings.screen_sections import ScreenSettings
from app.settings.speech_sections import (
    BotSettings,
    GamesSettings,
    ReplySettings,
    SpeakSettings,
)
from app.settings.watch_sections import LogSettings, MetricsSettings


@dataclass(frozen=True)
class Config:
    """All settings of one home."""

    bot: BotSettings = field(default_factory=BotSettings)
    reply: ReplySettings = field(default_factory=ReplySettings)
    speak: SpeakSettings = field(default_factory=SpeakSettings)
    voice: VoiceSettings = field(default_factory=VoiceSettings)
    learn: LearnSettings = field(default_factory=LearnSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    openai: OpenAISettings = field(default_factory=OpenAISettings)
    hosts: Mapping[str, HostSettings] = field(default_factory=dict)
    """The hosts besides `openai`, by name."""
    memory: MemorySettings = field(default_factory=MemorySettings)
    screens: ScreenSettings = field(default_factory=ScreenSettings)
    context: ContextSettings = field(default_factory=ContextSettings)
    games: GamesSettings = field(default_factory=GamesSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    log: LogSettings = field(default_factory=LogSettings)
