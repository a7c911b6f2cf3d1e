"""Words for people: where a setting's value comes from, and where a model runs."""

from collections.abc import Mapping
from typing import Literal

Origin = Literal["default", "file", "guild", "channel"]

ORIGINS: Mapping[Origin, str] = {
    "default": "built in",
    "file": "config.toml",
    "guild": "this server",
    "channel": "this channel",
}

HERE = "here"
CLOUD = "in the cloud"
"""The places of a model."""
