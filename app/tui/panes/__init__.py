"""The sections of the Server screen, in the order of its line."""

from app.tui.panes.base import Pane
from app.tui.panes.blind import BlindPane
from app.tui.panes.channels import ChannelsPane
from app.tui.panes.data import DataPane
from app.tui.panes.extras import ExtrasPane
from app.tui.panes.learned import LearnedPane
from app.tui.panes.meter import MeterPane
from app.tui.panes.settings import SettingsPane
from app.tui.panes.voice import VoicePane
from app.tui.panes.words import WordsPane

PANES: dict[str, type[Pane]] = {
    "voice": VoicePane,
    "settings": SettingsPane,
    "channels": ChannelsPane,
    "learned": LearnedPane,
    "words": WordsPane,
    "data": DataPane,
    "meter": MeterPane,
    "blind": BlindPane,
    "extra": ExtrasPane,
}
