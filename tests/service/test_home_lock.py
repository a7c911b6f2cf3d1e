import os
import subprocess
import sys

import psutil
import pytest

from app.core import files
from app.core.paths import Home
from app.service.home_lock import hold

MAKER = """
import subprocess, sys
from pathlib import Path
from app.core.paths import Home
from app.service.home_lock import hold

with hold(Home(Path(sys.argv[1]))):
    for flags in map(int, sys.argv[2:]):
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        made = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, creationflags=flags
        )
        print(made.pid, flush=True)
    input()
sys.exit(7)
"""

SUSPENDED = 4
"""CREATE_SUSPENDED: as each process is before its maker has it begin."""


def test_who_takes_the_home_sweeps_what_a_killed_process_left(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    left = home.root / f".config.toml.00ff00ff{files.UNFINISHED}"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    with hold(home):
        assert not left.exists()


@pytest.mark.process
@pytest.mark.skipif(os.name != "nt", reason="elsewhere a child ends with its stdin")
@pytest.mark.parametrize("is_killed", [True, False])
def test_no_process_outlives_the_holder_that_made_it(tmp_path, is_killed):
    command = [sys.executable, "-c", MAKER, str(tmp_path / "home"), "0", str(SUSPENDED)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as maker:
        assert maker.stdout
        made = [psutil.Process(int(maker.stdout.readline())) for _ in range(2)]
        assert all(one.is_running() for one in made)
        if is_killed:
            maker.kill()
        else:
            maker.communicate("\n")
    try:
        _, left = psutil.wait_procs(made, timeout=10)
        assert not left
    finally:
        for one in made:
            if one.is_running():
                one.kill()
    assert is_killed or maker.returncode == 7
