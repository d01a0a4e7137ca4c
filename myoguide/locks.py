"""One turn at a time in each conversation: the lock store of ``endpoints.yml``.

In one process people queue without polling. With MYOGUIDE_REDIS_URL the lock also holds across
servers. It never keeps a reply from anybody: whoever has waited for `LONGEST_WAIT`, or finds Redis
away, goes on, and the store (`myoguide.store`) puts together what two turns wrote.

Rasa's own stores ask once a second whether it is their turn, and its Redis store reads and writes
the queue in two steps, so that two servers can draw the same ticket.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, Optional, Text

from rasa.core.lock_store import LOCK_LIFETIME, LockStore
from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.exceptions import LockError, RedisError

logger = logging.getLogger(__name__)

URL_VARIABLE = "MYOGUIDE_REDIS_URL"
PREFIX = "myoguide:lock:"
LONGEST_WAIT = 10.0  # seconds
# A server that is killed holds its locks for so long; a living one renews them.
LIFETIME = 4.0  # seconds
POLL = 0.02  # seconds between two looks at a lock that another server holds
TIMEOUT = 1.0  # seconds for an answer of Redis
LEFT_ALONE = 1.0  # seconds without Redis after a failure


class ConversationLocks(LockStore):
    """Queues in this process and, where Redis is named, a lock that all servers share."""

    def __init__(self, endpoint_config: Any = None) -> None:
        url = getattr(endpoint_config, "url", None) or os.environ.get(URL_VARIABLE)
        self._url: Optional[Text] = url or None
        self._redis: Optional[Redis] = None
        self._redis_loop: Optional[asyncio.AbstractEventLoop] = None
        self._away_until = 0.0  # time.monotonic()
        self._queues: dict[Text, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: Text,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = POLL,
    ) -> AsyncGenerator[None, None]:
        """Holds the conversation; the last two arguments are Rasa's and change nothing."""
        deadline = time.monotonic() + LONGEST_WAIT
        queue, waiting = self._queues.get(conversation_id) or (asyncio.Lock(), 0)
        self._queues[conversation_id] = (queue, waiting + 1)
        is_ours = False
        try:
            is_ours = await _within(queue.acquire(), LONGEST_WAIT)
            async with self._shared(conversation_id, deadline - time.monotonic()):
                yield
        finally:
            if is_ours:
                queue.release()
            queue, waiting = self._queues[conversation_id]
            if waiting == 1:
                del self._queues[conversation_id]
            else:
                self._queues[conversation_id] = (queue, waiting - 1)

    @asynccontextmanager
    async def _shared(self, conversation_id: Text, wait: float) -> AsyncGenerator[None, None]:
        """The lock in Redis; without it where Redis is away or the wait is over."""
        lock = await self._acquire(conversation_id, max(wait, 0.0))
        if lock is None:
            yield
            return
        renewal = asyncio.create_task(self._renew(lock))
        try:
            yield
        finally:
            renewal.cancel()
            with suppress(RedisError, LockError, OSError):
                await lock.release()

    async def _acquire(self, conversation_id: Text, wait: float) -> Optional[Lock]:
        if self._url is None or time.monotonic() < self._away_until:
            return None
        # The id may be a telephone number; nobody needs it there.
        name = PREFIX + hashlib.sha256(conversation_id.encode()).hexdigest()[:40]
        try:
            lock = self._client().lock(name, timeout=LIFETIME, sleep=POLL, blocking_timeout=wait)
            return lock if await lock.acquire() else None
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + LEFT_ALONE
            logger.warning("Redis is away (%s): locks hold in this server", type(error).__name__)
            return None

    @staticmethod
    async def _renew(lock: Lock) -> None:
        while True:
            await asyncio.sleep(LIFETIME / 3)
            try:
                await lock.reacquire()
            except (RedisError, LockError, OSError):
                return

    def _client(self) -> Redis:
        loop = asyncio.get_running_loop()
        if self._redis is None or self._redis_loop is not loop:
            self._redis_loop = loop
            self._redis = Redis.from_url(
                self._url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT
            )
        return self._redis


async def _within(acquiring: Any, seconds: float) -> bool:
    """Tell whether a lock was acquired in time."""
    try:
        return await asyncio.wait_for(acquiring, seconds)
    except asyncio.TimeoutError:
        logger.warning("a turn took longer than %.0f s; the next one goes on", seconds)
        return False
