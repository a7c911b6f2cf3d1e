import os

from app.core import files
from app.core.paths import Home
from app.service.home_lock import hold


def test_who_takes_the_home_sweeps_what_a_killed_process_left(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    left = home.root / f".config.toml.00ff00ff{files.UNFINISHED}"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    with hold(home):
        assert not left.exists()
