"""Real servers, with the helpers of tests/faults; each has a database and logs of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from myoguide import launch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "faults"))

from servers import Deployment, Person, Server, deployment, wait_until  # noqa: E402

METRICS_TOKEN = "figures"
SAMPLE = re.compile(r"(?P<name>\w+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)")


@dataclass
class Site:
    """One assistant: its Rasa server, its action server, and its database."""

    started: Deployment
    actions: Server
    server: Server
    database: str

    def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        """Status, body and headers (their names in small letters) of a GET."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.server.address + path, headers=named)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                found = reply.status, reply.read().decode(), reply.headers
        except urllib.error.HTTPError as error:
            found = error.code, error.read().decode(), error.headers
        return found[0], found[1], {name.lower(): value for name, value in found[2].items()}

    def figures(self) -> dict[str, float]:
        """The metrics, by name and labels as they are written."""
        _, text, _ = self.get("/metrics", authorization=f"Bearer {METRICS_TOKEN}")
        found = {}
        for line in text.splitlines():
            sample = SAMPLE.fullmatch(line)
            if sample and not line.startswith("#"):
                found[line.rpartition(" ")[0]] = float(sample["value"])
        return found

    def until(self, name: str, value: float) -> None:
        """Returns once a figure has a value."""
        wait_until(lambda: self.figures()[name] == value, 30)

    def insights(self) -> str:
        """What `make insights` prints and the page that it writes."""
        page = Path(self.database.removeprefix("sqlite:///")).parent / "insights.html"
        done = subprocess.run(
            [sys.executable, "-m", "myoguide.insights", "--page", str(page)],
            env=self.started.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + page.read_text()

    def lines(self) -> list[str]:
        """What the Rasa server has logged since it began to."""
        written = self.server.log.read_text().splitlines()
        first = next(i for i, line in enumerate(written) if "Starting Rasa server" in line)
        return written[first:]


Start = Callable[..., AbstractContextManager[Site]]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Starts a site; its environment beyond the usual is named."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        launch.train_if_changed()

    @contextmanager
    def started(**more: str) -> Iterator[Site]:
        folder = tmp_path_factory.mktemp("operations")
        database = f"sqlite:///{folder / 'conversations.db'}"
        environment = {
            "MYOGUIDE_DATABASE_URL": database,
            "MYOGUIDE_METRICS_TOKEN": METRICS_TOKEN,
            "MYOGUIDE_LOGS": "json",
            "PYTHONWARNINGS": "ignore",
            **more,
        }
        with deployment(folder, **environment) as running:
            actions = running.actions()
            yield Site(running, actions, running.server(), database)

    return started


@pytest.fixture(scope="module")
def site(start: Start) -> Iterator[Site]:
    with start(MYOGUIDE_KEEP_UNUNDERSTOOD="1") as found:
        yield found


@pytest.fixture
def person() -> Person:
    return Person()
