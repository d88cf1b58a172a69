"""Two short storms; `test/campaign/storm` blows the other ones."""

import os
import pathlib
import subprocess

import pytest


@pytest.mark.parametrize("number", [3, 7])
def test_storm(number):
    storm = pathlib.Path(__file__).with_name("storm")
    blown = subprocess.run([storm, "--seed", str(number), "--steps", "20"], capture_output=True, text=True, timeout=300, env=os.environ)
    assert blown.returncode == 0, blown.stdout + blown.stderr
