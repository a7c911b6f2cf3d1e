"""The owner's consents: which host may get a guild's words, and for what."""

from app.store.database import tuples, write
from app.store.tables import Consent


def given(guild: int | None) -> set[tuple[str, str]]:
    """Return (purpose, origin) of each consent for a guild, or for every guild."""
    here = Consent.guild.is_null()
    if guild is not None:
        here |= Consent.guild == guild
    query = Consent.select(Consent.purpose, Consent.origin).where(here)
    return {(purpose, origin) for purpose, origin in tuples(query)}


@write
def give(guild: int | None, purpose: str, origin: str, now: int) -> None:
    """Store a consent for one guild, or with None for every guild.

    Args:
        now: Milliseconds since the epoch.
    """
    if (purpose, origin) not in given(guild):
        Consent.create(guild=guild, purpose=purpose, origin=origin, created=now)
