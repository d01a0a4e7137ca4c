"""Needs PostgreSQL and Redis: ``scripts/services-for-tests.sh`` starts them and says where."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from servers import deployment, services

from myoguide import launch

DATABASE = os.environ.get("MYOGUIDE_TEST_DATABASE_URL")
REDIS = os.environ.get("MYOGUIDE_TEST_REDIS_URL")


def pytest_configure(config):
    config.addinivalue_line("markers", "faults: kills servers, databases and locks")


def pytest_collection_modifyitems(items):
    without = pytest.mark.skip(reason="needs scripts/services-for-tests.sh (see its first lines)")
    for item in items:
        if "faults" in str(item.path.parent):
            item.add_marker(pytest.mark.faults)
            if not (DATABASE and REDIS):
                item.add_marker(without)


@pytest.fixture(scope="session", autouse=True)
def trained():
    if DATABASE and REDIS:
        launch.train_if_changed()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """An action server and a Rasa server on PostgreSQL and Redis."""
    folder = tmp_path_factory.mktemp("deployment")
    settings = {
        "MYOGUIDE_DATABASE_URL": DATABASE,
        "MYOGUIDE_REDIS_URL": REDIS,
        "MYOGUIDE_METRICS_TOKEN": "figures",
    }
    with deployment(folder, **settings) as started:
        started.actions()
        started.server()
        yield started


@pytest.fixture(autouse=True)
def everything_runs():
    """Each test begins with both services running, and leaves them so."""
    if DATABASE and REDIS:
        services("start")
    yield
    if DATABASE and REDIS:
        services("start")


@pytest.fixture
def small_disk():
    """Makes file systems of a size such as "4M"; each is a folder that every user reaches."""
    mounted = []

    def mount(size):
        folder = Path(tempfile.mkdtemp(prefix="myoguide-disk-"))
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
            folder.rmdir()
            pytest.skip("needs to be allowed to mount a small file system")
        mounted.append(folder)
        folder.chmod(0o755)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()
