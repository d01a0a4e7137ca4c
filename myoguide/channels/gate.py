"""What holds for every request, whichever channel or API it is for: size, rate, plain errors.

Rasa leaves these to Sanic, which takes 100 MB from anybody, any number of times, and to a proxy
that may not be there. The limits here are the last ones; `deploy/proxy` has its own before them.

From the environment: MYOGUIDE_LARGEST_REQUEST (bytes) and MYOGUIDE_REQUESTS_PER_MINUTE (of one
address; half as many may come at once).
"""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import sys
from http import HTTPStatus
from typing import Text

from rasa.core.agent import Agent
from sanic import Sanic
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, json, text

from myoguide.channels.rate import Rate, RateLimiter
from myoguide.secret import is_same

logger = logging.getLogger(__name__)

SIZE_VARIABLE = "MYOGUIDE_LARGEST_REQUEST"
LARGEST_REQUEST = 262_144  # bytes; a platform's webhook with many events fits
RATE_VARIABLE = "MYOGUIDE_REQUESTS_PER_MINUTE"
PER_MINUTE = 1200  # a school or hospital behind one address still passes
TOKEN_VARIABLE = "MYOGUIDE_API_TOKEN"
# Whoever has not sent a whole request by then is cut off; seconds.
REQUEST_TIMEOUT = 20
RETRY_AFTER = 5  # seconds
# First parts of the paths of Rasa's HTTP API.
API = ("model", "conversations", "domain", "status", "version", "auth")
# Headers by which a proxy says for whom it asks.
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")


def guard(app: Sanic) -> None:
    """Puts the limits on ``app``, once; every channel of ours asks for it.

    Raises ValueError when a setting is not a number above 0.
    """
    if getattr(app.ctx, "is_guarded", False):
        return
    app.ctx.is_guarded = True
    app.config.REQUEST_MAX_SIZE = _setting(SIZE_VARIABLE, LARGEST_REQUEST)
    app.config.REQUEST_TIMEOUT = REQUEST_TIMEOUT
    per_minute = _setting(RATE_VARIABLE, PER_MINUTE)
    limiter = RateLimiter(Rate(burst=max(per_minute // 2, 1), per_minute=per_minute))

    async def limit_rate(request: Request) -> HTTPResponse | None:
        sender = address(request)
        if sender is None or limiter.allows(sender):
            return None
        return refusal("too_fast", HTTPStatus.TOO_MANY_REQUESTS)

    app.register_middleware(limit_rate, "request")
    app.register_middleware(_close_api, "request")
    app.register_middleware(_hide_version, "response")
    app.register_listener(_stop_without_model, "after_server_start")
    app.error_handler.add(Exception, _say_little)


def refusal(code: Text, status: HTTPStatus) -> HTTPResponse:
    """An error that the sender may mend, as ``{"error": code}``; some by trying again later."""
    again = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    headers = {"Retry-After": str(RETRY_AFTER)} if status in again else {}
    return json({"error": code}, status=status, headers=headers)


def address(request: Request) -> Text | None:
    """Whose requests are counted together; None for a program on this machine.

    ``remote_addr`` is empty unless SANIC_PROXIES_COUNT or SANIC_REAL_IP_HEADER name a proxy. A
    proxy on this machine that is not named forwards for others: they are counted as one.
    """
    told = request.remote_addr
    if not told and not _is_loopback(request.ip):
        return request.ip
    if not told and not any(name in request.headers for name in FORWARDED):
        return None
    return told or request.ip


def _is_loopback(ip: Text) -> bool:
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False


def _setting(variable: Text, default: int) -> int:
    given = os.environ.get(variable) or str(default)
    if not given.isdigit() or int(given) < 1:
        raise ValueError(f"{variable} is {given!r}: set it to a whole number above 0")
    return int(given)


async def _close_api(request: Request) -> HTTPResponse | None:
    """Rasa's API is open without a token; here it is closed then. Nobody is told any version."""
    if _first_part(request) == "" and "text/html" not in request.headers.get("accept", ""):
        return text("Hello from Rasa")
    if _first_part(request) not in API:
        return None
    token = os.environ.get(TOKEN_VARIABLE, "")
    given = request.args.get("token") or ""
    if token and is_same(given, token):
        return None
    # JWT, and a token that only the command line names, are Rasa's to check; not for /version.
    by_rasa = _has_jwt(request.app) or (not token and _has_token())
    if by_rasa and _first_part(request) != "version":
        return None
    return refusal("not_authorised", HTTPStatus.UNAUTHORIZED)


def _first_part(request: Request) -> Text | None:
    """Of the path as the server routes it, to which "//" is "/"; None: no such path."""
    return request.route.path.split("/")[0] if request.route is not None else None


async def _hide_version(request: Request, reply: HTTPResponse) -> HTTPResponse | None:
    """Rasa's own refusal names its version."""
    if reply.status == HTTPStatus.UNAUTHORIZED and _first_part(request) in API:
        return refusal("not_authorised", HTTPStatus.UNAUTHORIZED)
    return None


def _has_jwt(app: Sanic) -> bool:
    return bool(app.config.get("USE_JWT"))


def _has_token() -> bool:
    """Tell whether this server was started with `rasa run --auth-token`, which Rasa checks."""
    return any(argument.startswith("--auth-token") for argument in sys.argv)


async def _stop_without_model(app: Sanic, *_: object) -> None:
    """A server whose model is missing or broken goes, unless the API can bring it another one.

    Rasa would serve on and leave every message without a reply.
    """
    agent = getattr(app.ctx, "agent", None)
    if isinstance(agent, Agent) and not agent.is_ready() and not _has_api(app):
        logger.critical("Error: no model could be loaded: train one, or name it with --model")
        signal.raise_signal(signal.SIGTERM)


def _has_api(app: Sanic) -> bool:
    return any(route.path == "model" for route in app.router.routes)


def _say_little(request: Request, error: Exception) -> HTTPResponse:
    """Neither traces, nor paths, nor messages of exceptions reach whoever caused the error."""
    status = getattr(error, "status_code", 500) if isinstance(error, SanicException) else 500
    if not getattr(error, "quiet", False):  # Sanic's word for what is the sender's doing
        logger.error("a request failed with %s", type(error).__name__)
    phrase = HTTPStatus(status).phrase.lower().replace(" ", "_")
    reply = json({"error": phrase}, status=status)
    reply.headers.update(getattr(error, "headers", None) or {})
    return reply
