"""The system's errors, as the owner can act on them."""

import errno

import pytest

from app.core.errors import DiskFullError, explain_os_error


def test_an_error_names_its_file_and_the_way_out() -> None:
    known = explain_os_error(OSError(errno.ENOSPC, "full", "a/file"))
    assert isinstance(known, DiskFullError) and "a/file" in str(known) and known.hint
    assert explain_os_error(OSError(errno.ENOTTY, "odd")) is None


@pytest.mark.parametrize("code", [123, 161, 206])
def test_a_name_that_windows_refuses_is_told_whatever_its_other_number(
    code: int,
) -> None:
    # Windows takes the fourth, and others have no such attribute.
    error = OSError(errno.EINVAL, "Invalid name", "what?", code)
    vars(error)["winerror"] = code
    known = explain_os_error(error)
    assert known and "takes no such name: what?" in str(known)
