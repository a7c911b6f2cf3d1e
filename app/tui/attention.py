"""Finds what waits for the owner: badges in the navigation, and notices once each."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.core.safe_text import safe_line
from app.tui import format

if TYPE_CHECKING:
    from app.ipc.control import Progress, StatusReply

NEAR = 0.8
"""The share of a budget from which it is nearly spent."""

DOUBT_SECONDS = 60.0
"""A connection may be away for this long before the bot counts as lost: Discord ends
each several times a day, and it is back at once."""

ALARM = "!"
DONE = "✓"


class Attention:
    """All that waits now, by screen; each method returns the notices of new matters."""

    def __init__(self) -> None:
        self.badges: dict[str, str] = {}
        """A sign or a number for the name of a screen."""
        self.drafts = 0
        """The number that waits, as last counted."""
        self._was_online = False
        self.doubted = ""
        """The reason why it may be lost, while the connection is made anew."""
        self._near: set[str] = set()
        """The budgets that are nearly spent."""

    def count_drafts(self, drafts: int) -> list[str]:
        """Note how many drafts wait."""
        known, self.drafts = self.drafts, drafts
        self._mark("conversations", str(drafts) if drafts else "")
        waits = "waits" if drafts == 1 else "wait"
        return [f"{format.many(drafts, 'draft')} {waits}."] if drafts > known else []

    def look_at(self, status: "StatusReply") -> list[str]:
        """Note what the bot says of Discord and of its budgets."""
        is_online = status.discord.state == "online"
        news = []
        reason = status.discord.reason or "it left Discord"
        if self._was_online and status.discord.state == "connecting":
            self.doubted = reason
            self._mark("home", ALARM)
            return self._look_at_budgets(status)
        self.doubted = ""
        if is_online:
            self._was_online = True
            self._mark("home", "")
        elif status.discord.state != "off":
            news = self.lose(reason)
        else:
            # The owner took it off Discord.
            self._was_online = False
            self._mark("home", "")
        return [*news, *self._look_at_budgets(status)]

    def _look_at_budgets(self, status: "StatusReply") -> list[str]:
        budgets = {
            "today": (status.today.cost, status.daily_budget),
            "this month": (status.month_cost, status.monthly_budget),
        }
        near = {
            when
            for when, (spent, budget) in budgets.items()
            if 0 < NEAR * budget <= spent
        }
        fresh, self._near = near - self._near, near
        self._mark("usage", ALARM if near else "")
        return [
            f"{format.money(budgets[when][0])} of {format.money(budgets[when][1])} are"
            f" spent {when}."
            for when in sorted(fresh)
        ]

    def lose(self, reason: str) -> list[str]:
        """Note that the bot is lost, if it was there before."""
        self.doubted = ""
        if not self._was_online:
            return []
        self._was_online = False
        self._mark("home", ALARM)
        return [f"The bot is lost: {reason.rstrip('.')}."]

    def hear(self, jobs: "Iterable[Progress]", in_front: str) -> list[str]:
        """Note which fetches are done, and which failed."""
        pulls = [job for job in jobs if job.work == "pull" and not job.stopped]
        ended = [job for job in pulls if job.error or job.finished]
        if ended and in_front != "models":
            self._mark("models", ALARM if ended[-1].error else DONE)
        return [
            f"{safe_line(job.label)} {'was not fetched' if job.error else 'is here'}."
            for job in ended
        ]

    def visit(self, name: str) -> None:
        """Note that the owner looks at a screen."""
        if name == "models":
            self._mark(name, "")

    def _mark(self, name: str, badge: str) -> None:
        if badge:
            self.badges[name] = badge
        else:
            self.badges.pop(name, None)
