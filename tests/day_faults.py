"""What must be true at the end of a day, and is not."""

from collections import Counter

from app.store.rows import StoredReply
from tests.day import FINAL, Day
from tests.day_world import GRACE_SECONDS, Place


def faults_of(day: Day) -> list[str]:
    """Everything that is not as it must be; the day's counts get what was found."""
    rows, found = day.rows(), list[str]()
    channels = {one.channel.id: one.channel for one in day.world.places}
    sent = [
        one
        for one in day.stand_in.outbox.sent()
        if one.message_id in channels[one.channel_id].messages
    ]
    answers = Counter(one.reply_to for one in sent if one.reply_to)
    plain = Counter(one.channel_id for one in sent if not one.reply_to)
    for trigger, place in day.triggers.items():
        row = rows.get(trigger)
        day.counts[f"calls {row.state if row else 'nothing'}"] += 1
        fault = _fault_of(day, trigger, place, row, answers[trigger], plain)
        if fault:
            state = row.state if row else "nothing"
            said = place.channel.messages.get(trigger)
            found.append(
                f"{fault}: {trigger} in {place.channel.name}: {state}:"
                f" {said['content'] if said else 'deleted'}"
            )
    for trigger, row in rows.items():
        if row.state not in (*FINAL, "replaced"):
            found.append(f"{trigger} stays {row.state} ({row.reason})")
    found += [f"tried without the right: {one}" for one in day.world.tried]
    return [*found, *day.stand_in.outbox.violations, *_log(day, rows)]


def _fault_of(
    day: Day,
    trigger: int,
    place: Place,
    row: StoredReply | None,
    count: int,
    plain: Counter[int],
) -> str:
    if row is None or row.state not in FINAL:
        return "no outcome is stored"
    if row.state in ("refused", "silent") and not row.notes:
        return "no reason is stored"
    is_made = bool(row.text or row.provider or row.state == "sent")
    then = row.created / 1000
    if is_made and not place.is_open_since(then - GRACE_SECONDS, then + GRACE_SECONDS):
        return "something was generated without the right to say it"
    if count > 1 or (count and row.state not in ("sent", "forgotten")):
        return f"{count} answers"
    if row.state == "sent" and not count and not plain[place.channel.id]:
        return "noted as sent, and was not"
    return ""


def _log(day: Day, rows: dict[int, StoredReply]) -> list[str]:
    logs = sorted((day.home.root / "logs").glob("*"))
    text = "\n".join(one.read_text("utf-8", "replace") for one in logs)
    text += (day.home.root / "child.log").read_text("utf-8", "replace")
    found = ["a traceback is in the log"] if "Traceback" in text else []
    refused = sum(row.state == "refused" for row in rows.values())
    told = text.count("Discord refused a reply")
    day.counts["refusals stored"] = refused
    day.counts["refusals in the log"] = told
    if told < refused:
        found.append(f"{refused} refusals are stored, and the log has {told}")
    return found
