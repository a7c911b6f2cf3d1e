"""Settings of what others read of the program: its figures and its log."""

from dataclasses import dataclass

from app.settings.declaration import setting


@dataclass(frozen=True)
class MetricsSettings:
    """The figures of the running bot, for Prometheus and its kind."""

    port: int = setting(
        0,
        "Port of this computer at which the bot tells its figures as OpenMetrics to"
        " whoever has the key in `metrics.key`; 0 means nowhere. It holds from the next"
        " start.",
        low=0,
        high=65535,
    )


@dataclass(frozen=True)
class LogSettings:
    """The log."""

    format: str = setting(
        "text",
        "Form of the log: lines for people, or a JSON object a line. It holds from the"
        " next start.",
        choices=("text", "json"),
    )
