"""Fixtures of the end-to-end tests. Each test has a simulator of its own, in a directory of its own."""

import json

import clusters
import pytest
from simlib import Sim
from tandem import full, once, seed

SPEED = 60


def pytest_configure(config):
    config.addinivalue_line("markers", "referee: judged by a real part that nobody here wrote")
    config.addinivalue_line("markers", "long: takes long, and is not run again with the sanitizers")


def pytest_collection_modifyitems(items):
    """The long ones first, so that no core is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture()
def cloud(tmp_path):
    """Starts simulators: cloud(*OPTIONS) → Sim. They are stopped, and must end cleanly, when the test ends."""
    started = []

    def start(*opts, speed=SPEED, name="sim"):
        sim = Sim.start(tmp_path / name, "--speed", speed, *opts)
        started.append(sim)
        return sim

    yield start
    for sim in started:
        sim.stop()


@pytest.fixture()
def empty(cloud):
    return cloud()


def built(tmp_path_factory, make):
    """What tandemd built from empty: a file for --estate."""
    directory = tmp_path_factory.mktemp(make.__name__)
    with Sim.start(directory / "sim", "--speed", 200) as sim:
        result = once(sim, make().write(directory), "--bootstrap")
        assert result.returncode == 0, result.stdout + result.stderr
        path = directory / "estate.json"
        path.write_text(json.dumps(sim.snapshot()))
    return path


@pytest.fixture(scope="session")
def seed_estate(tmp_path_factory):
    """The seed estate as tandemd built it, for tests of what comes after."""
    return built(tmp_path_factory, seed)


@pytest.fixture()
def standing(cloud, seed_estate):
    """A cloud in which the seed estate stands."""
    return cloud("--estate", seed_estate)


@pytest.fixture()
def hasty(cloud, seed_estate):
    """The same where an hour's budget of disruptions refills in twenty seconds."""
    return cloud("--estate", seed_estate, speed=180)


@pytest.fixture(scope="session")
def full_estate(tmp_path_factory):
    """An estate in which every field of every kind is said."""
    return built(tmp_path_factory, full)


@pytest.fixture(scope="session")
def clusters_estate(tmp_path_factory):
    """The seed estate with its clusters."""
    return built(tmp_path_factory, clusters.generous)


@pytest.fixture(scope="session")
def furnished_estate(tmp_path_factory):
    """One whose primary cluster, pool and add-on say every field that can change."""
    return built(tmp_path_factory, clusters.furnished)


@pytest.fixture()
def running(cloud, clusters_estate):
    """A cloud in which the seed estate stands with its clusters."""
    return cloud("--estate", clusters_estate, speed=200)
