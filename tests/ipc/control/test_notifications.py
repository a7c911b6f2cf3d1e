"""What the bot tells its askers unasked."""

from app.ipc.control import notifications
from app.ipc.control.app import StatusReply
from app.ipc.wire import Catalogue, Notification, build, encode
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives((), notifications.NOTIFICATIONS)


def test_a_change_of_state_carries_the_whole_status() -> None:
    told = notifications.StateChanged(StatusReply(version="1.2", dial=70))
    catalogue = Catalogue([], notifications.NOTIFICATIONS)
    assert catalogue.decode(encode(Notification(told))) == Notification(told)


def test_progress_without_a_job_cannot_be_steered() -> None:
    told = {"work": "pull", "label": "tiny", "done": 1, "total": 0, "unit": "bytes"}
    found = build(notifications.Progress, {**told, "rate": 0})
    assert (found.job, found.paused, found.finished, found.error) == (
        0,
        False,
        False,
        "",
    )
