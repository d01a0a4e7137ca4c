import asyncio
import os
import time

import pytest

from myoguide import locks
from myoguide.locks import ConversationLocks

REDIS = os.environ.get("MYOGUIDE_TEST_REDIS_URL")


class Endpoint:
    def __init__(self, url):
        self.url = url


@pytest.fixture(params=["process", "redis"] if REDIS else ["process"])
def url(request):
    return REDIS if request.param == "redis" else None


async def hold(store, log, name, conversation="a", seconds=0.02):
    async with store.lock(conversation):
        log.append(f"{name} begins")
        await asyncio.sleep(seconds)
        log.append(f"{name} ends")


def test_turns_of_one_conversation_come_one_after_the_other_in_their_order(url):
    async def run():
        store, log = ConversationLocks(Endpoint(url)), []
        await asyncio.gather(*(hold(store, log, number) for number in range(5)))
        return store, log

    store, log = asyncio.run(run())
    assert log == [f"{n} {what}" for n in range(5) for what in ("begins", "ends")]
    assert not store._queues


def test_other_conversations_do_not_wait(url):
    async def run():
        store, log = ConversationLocks(Endpoint(url)), []
        await asyncio.gather(*(hold(store, log, n, f"c{n}", 0.1) for n in range(5)))
        return log

    log = asyncio.run(run())
    assert all(line.endswith("begins") for line in log[:5])


def test_nobody_waits_a_second_for_a_short_turn(url):
    async def run():
        store = ConversationLocks(Endpoint(url))
        started = time.perf_counter()
        await asyncio.gather(*(hold(store, [], n, seconds=0.01) for n in range(10)))
        return time.perf_counter() - started

    assert asyncio.run(run()) < 1.0


def test_whoever_has_waited_long_goes_on(url, monkeypatch):
    monkeypatch.setattr(locks, "LONGEST_WAIT", 0.1)

    async def run():
        store, log = ConversationLocks(Endpoint(url)), []
        stuck = asyncio.create_task(hold(store, log, "stuck", seconds=1))
        await asyncio.sleep(0)
        await hold(store, log, "next")
        stuck.cancel()
        await asyncio.gather(stuck, return_exceptions=True)
        return store, log

    store, log = asyncio.run(run())
    assert "next ends" in log and "stuck ends" not in log
    assert not store._queues


def test_an_error_inside_frees_the_conversation(url):
    async def run():
        store, log = ConversationLocks(Endpoint(url)), []
        with pytest.raises(ZeroDivisionError):
            async with store.lock("a"):
                1 / 0  # noqa: B018
        await hold(store, log, "next")
        return log

    assert asyncio.run(run()) == ["next begins", "next ends"]


def test_without_redis_turns_go_on():
    async def run():
        store, log = ConversationLocks(Endpoint("redis://127.0.0.1:1/0")), []
        await asyncio.gather(*(hold(store, log, number) for number in range(3)))
        return log

    assert len(asyncio.run(run())) == 6


@pytest.mark.skipif(not REDIS, reason="needs scripts/services-for-tests.sh")
def test_two_servers_do_not_hold_one_conversation_at_once():
    async def run():
        servers, log = [ConversationLocks(Endpoint(REDIS)) for _ in range(2)], []
        await asyncio.gather(*(hold(servers[n % 2], log, n, "shared") for n in range(10)))
        return log

    log = asyncio.run(run())
    for begins, ends in zip(log[::2], log[1::2], strict=True):
        assert begins.split()[0] == ends.split()[0]


@pytest.mark.skipif(not REDIS, reason="needs scripts/services-for-tests.sh")
def test_a_lock_outlives_its_lifetime_while_it_is_held(monkeypatch):
    monkeypatch.setattr(locks, "LIFETIME", 0.3)

    async def run():
        servers, log = [ConversationLocks(Endpoint(REDIS)) for _ in range(2)], []
        long = asyncio.create_task(hold(servers[0], log, "long", "renewed", seconds=1.0))
        await asyncio.sleep(0.1)
        await hold(servers[1], log, "other", "renewed")
        await long
        return log

    assert asyncio.run(run()) == ["long begins", "long ends", "other begins", "other ends"]
