"""Two servers behind the real proxy, on one PostgreSQL and one Redis; something breaks under load.

The figures go to ``var/reliability``; `make faults` writes docs/reliability.md from them.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from disk import fill
from load import (
    EMERGENCY,
    QUESTION,
    OverRest,
    OverSocket,
    Talker,
    begins_with_a_call,
    judge,
    talk,
)
from proxy import NGINX, start_proxy
from servers import FIGURES, TOKEN, Deployment, Person, Server, services, wait_until

from myoguide import launch
from myoguide.action_server import TIME_LIMIT

SECRET = "f" * 40
OVER_REST, OVER_SOCKET, EACH = 5, 5, 6
pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx (scripts/deploy-tests.sh)")


class House(Deployment):
    """An action server, two servers and the proxy before them."""

    def open(self) -> None:
        self.action_server = self.actions()
        self.first = self.server()
        self.second = self.server()
        self.proxy = start_proxy(self.folder, (self.first.port, self.second.port))
        self.servers.append(self.proxy)

    def again(self, server: Server) -> Server:
        """A server that was killed, at its old port."""
        self.servers.remove(server)
        command = [launch._tool("rasa"), "run", "--model", str(launch.MODEL)]
        command += ["--port", str(server.port), "--enable-api", "--auth-token", TOKEN]
        return self._start(command, server.port, "/webhooks/rest/", "server")

    def talkers(self) -> list[Talker]:
        rest = [OverRest(self.proxy) for _ in range(OVER_REST)]
        return [*rest, *(OverSocket(self.proxy, SECRET) for _ in range(OVER_SOCKET))]


@contextmanager
def opened(folder, database):
    """A house on that database."""
    house = House(
        folder,
        MYOGUIDE_DATABASE_URL=database,
        MYOGUIDE_REDIS_URL=os.environ["MYOGUIDE_TEST_REDIS_URL"],
        MYOGUIDE_SECRET=SECRET,
        SANIC_PROXIES_COUNT="1",
    )
    try:
        house.open()
        yield house
    finally:
        house.stop()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    with opened(folder, os.environ["MYOGUIDE_TEST_DATABASE_URL"]) as found:
        yield found


def under_load(house, fault, strike, mend=None, each=EACH):
    """Everybody talks while ``strike`` happens; nothing may have gone wrong at the end."""
    talkers = house.talkers()
    asyncio.run(talk(talkers, each, strike, mend))
    witness = house.second
    # What the servers held in memory while the database was away is written within seconds.
    wait_until(lambda: judge(fault, talkers, witness).lost == 0, 20)
    figures = judge(fault, talkers, witness)
    FIGURES.mkdir(parents=True, exist_ok=True)
    name = fault.replace(" ", "-").replace("'", "")
    (FIGURES / f"{name}.json").write_text(json.dumps(figures.as_dict(), indent=1))
    assert figures.are_perfect(), figures
    assert figures.messages == len(talkers) * (each + 1)
    return figures


async def told(talker, *texts):
    """The replies to each."""
    await talker.open()
    try:
        return [(await talker.say(text)).replies for text in texts]
    finally:
        await talker.close()


def test_without_any_fault_every_message_is_answered_once(house):
    figures = under_load(house, "none", lambda: None)
    assert figures.sent_again == 0


def test_one_server_is_killed(house):
    under_load(house, "one server killed", house.first.kill)
    # People who come now do not notice.
    assert Person().say(house.proxy, "why do i twitch falling asleep")
    house.first = house.again(house.first)


def test_postgresql_is_restarted(house):
    under_load(house, "PostgreSQL restarted", lambda: services("restart-postgres"))


def test_postgresql_hangs(house):
    under_load(
        house,
        "PostgreSQL hangs",
        lambda: services("freeze-postgres"),
        lambda: services("thaw-postgres"),
    )


def test_redis_is_restarted(house):
    under_load(house, "Redis restarted", lambda: services("restart-redis"))


def test_redis_hangs(house):
    under_load(
        house, "Redis hangs", lambda: services("freeze-redis"), lambda: services("thaw-redis")
    )


def test_the_action_server_is_killed_and_comes_back(house):
    def strike():
        house.action_server.kill()
        house.servers.remove(house.action_server)
        house.action_server = house.actions(house.action_server.port)

    under_load(house, "action server killed", strike)


def test_the_action_server_hangs(house):
    figures = under_load(
        house, "action server hangs", house.action_server.freeze, house.action_server.thaw
    )
    assert figures.longest_wait < TIME_LIMIT + 5


def test_the_disk_of_postgresql_is_full(small_disk, tmp_path):
    """A PostgreSQL of its own, on a disk that is filled and emptied again."""
    disk, port = small_disk("160M"), launch.free_port()
    own = {"MYOGUIDE_SERVICES": str(disk), "MYOGUIDE_TEST_POSTGRES_PORT": str(port)}
    services("start-postgres", **own)
    try:
        with opened(tmp_path, f"postgresql://myoguide@127.0.0.1:{port}/myoguide") as house:

            def mend():
                (disk / "ballast").unlink()
                # As what looks after it does, if it has given up meanwhile.
                services("start-postgres", **own)

            # Long enough: six messages of each may be over before the disk is full.
            under_load(house, "PostgreSQL's disk full", lambda: fill(disk), mend, each=20)
            said = house.printed()
            assert "a turn is kept in memory" in said, "the full disk was felt"
    finally:
        services("stop-postgres", **own)


def test_without_an_action_server_an_answer_is_refused_safely_and_an_emergency_is_answered(house):
    house.action_server.kill()
    house.servers.remove(house.action_server)
    try:
        for talker in (OverRest(house.proxy), OverSocket(house.proxy, SECRET)):
            question, emergency = asyncio.run(told(talker, QUESTION, EMERGENCY))
            assert "not working right now" in str(question), "the same on every channel"
            assert begins_with_a_call(emergency)
    finally:
        house.action_server = house.actions(house.action_server.port)


def test_a_server_that_is_sent_a_broken_model_goes_on_with_the_one_it_has(house, tmp_path):
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(launch.MODEL.read_bytes()[:100_000])

    def strike():
        for server in (house.first, house.second):
            body = json.dumps({"model_file": str(broken)}).encode()
            address = f"{server.address}/model?token={TOKEN}"
            request = urllib.request.Request(address, body, method="PUT")
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=60)
            assert refused.value.code in (400, 500)
            said = refused.value.read().decode()
            assert "Traceback" not in said and "site-packages" not in said

    under_load(house, "broken model sent", strike)


def test_a_server_that_starts_with_a_broken_model_stops_and_says_why(house, tmp_path):
    broken = tmp_path / "broken.tar.gz"
    shutil.copyfile(launch.MODEL, broken)
    with broken.open("r+b") as file:
        file.truncate(100_000)
    command = [launch._tool("rasa"), "run", "--model", str(broken), "--port", "0"]
    with pytest.raises(RuntimeError, match="stopped by itself"):
        house._start(command, 1, "/webhooks/rest/", "broken")
    assert "no model could be loaded" in house.servers.pop().log.read_text()
