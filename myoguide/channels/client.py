"""Calls to a platform's API: one pool of connections per channel, with time-outs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

# To connect, and for the whole call. A reply that comes later may have been taken all the same, and
# a second attempt would double it; so the second is generous.
TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)  # seconds
# For what is only a courtesy: typing, seen.
SHORT_TIMEOUT = aiohttp.ClientTimeout(total=2)  # seconds
CONNECTIONS = 50


@dataclass(frozen=True)
class Response:
    """The platform's answer; status 0 where there was none."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    retry_after: float = 0.0  # seconds
    # What went wrong, where there was no answer.
    failure: str = ""


class ApiClient:
    """Opened and closed with the server."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self._session = aiohttp.ClientSession(
            headers=headers,
            timeout=TIMEOUT,
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def call(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None = None,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> Response:
        """One attempt; never raises for what the network or the platform does."""
        try:
            async with self._session.request(
                method, url, json=body, timeout=timeout, allow_redirects=False
            ) as reply:
                return Response(reply.status, _object(await reply.read()), _seconds(reply.headers))
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            # The type alone: the message names the address, and Telegram's holds the token.
            return Response(0, failure=type(error).__name__)

    async def close(self) -> None:
        await self._session.close()


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(headers: Mapping[str, str]) -> float:
    value = headers.get("Retry-After", "")
    return float(value) if value.isdigit() else 0.0
