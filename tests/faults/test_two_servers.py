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

import pytest
from load import OverRest, OverSocket, Talker, begins_with_a_call, judge, talk
from proxy import NGINX, start_proxy
from servers import ROOT, TOKEN, Deployment, Person, Server, services, wait_until

from myoguide import launch

FIGURES = ROOT / "var" / "reliability"
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


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    opened = House(
        folder,
        MYOGUIDE_DATABASE_URL=os.environ["MYOGUIDE_TEST_DATABASE_URL"],
        MYOGUIDE_REDIS_URL=os.environ["MYOGUIDE_TEST_REDIS_URL"],
        MYOGUIDE_SECRET=SECRET,
        SANIC_PROXIES_COUNT="1",
    )
    try:
        opened.open()
        yield opened
    finally:
        opened.stop()


def under_load(house, fault, strike, witness=None):
    """Everybody talks while ``strike`` happens; nothing may have gone wrong at the end."""
    talkers = house.talkers()
    asyncio.run(talk(talkers, EACH, strike))
    witness = witness or house.second
    # What the servers held in memory while the database was away is written within seconds.
    wait_until(lambda: judge(fault, talkers, witness).lost == 0, 20)
    figures = judge(fault, talkers, witness)
    FIGURES.mkdir(parents=True, exist_ok=True)
    name = fault.replace(" ", "-")
    (FIGURES / f"{name}.json").write_text(json.dumps(figures.as_dict(), indent=1))
    assert figures.are_perfect(), figures
    assert figures.messages == len(talkers) * (EACH + 1)
    return figures


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


def test_redis_is_restarted(house):
    under_load(house, "Redis restarted", lambda: services("restart-redis"))


def test_the_action_server_is_killed_and_comes_back(house):
    def strike():
        house.action_server.kill()
        house.servers.remove(house.action_server)
        house.action_server = house.actions(house.action_server.port)

    under_load(house, "action server killed", strike)


def test_without_an_action_server_an_answer_is_refused_safely_and_an_emergency_is_answered(house):
    house.action_server.kill()
    house.servers.remove(house.action_server)
    try:
        replies = Person().say(house.proxy, "why do i twitch falling asleep")
        assert "not working right now" in str(replies)
        emergency = "my son has been jerking for ten minutes and he will not wake up"
        assert begins_with_a_call(Person().say(house.proxy, emergency))
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
