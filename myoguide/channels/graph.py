"""What Meta's two messengers share: signed webhooks, the handshake, the Graph API's answers."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Text

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from myoguide.channels.client import Response
from myoguide.channels.delivery import Outcome
from myoguide.channels.messaging import MessagingInput
from myoguide.secret import is_same

# Codes that mean "later": too many calls (app, page, user, number, pair), temporary failures.
_LATER = {2, 4, 17, 32, 613, 1200, 80006, 80007, 130429, 131016, 131056, 133016}
# The token is not accepted. Somebody has to renew it; until then messages wait.
_TOKEN = {102, 190}
TOKEN_WAIT = 60.0  # seconds


class GraphInput(MessagingInput):
    """A channel behind the Graph API."""

    def add_routes(self, blueprint: Blueprint) -> None:
        super().add_routes(blueprint)

        @blueprint.get("/webhook")
        async def handshake(request: Request) -> HTTPResponse:
            return self._handshake(request)

    def headers(self) -> dict[Text, Text]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def token(self) -> Text:
        """The token of the page or number."""
        raise NotImplementedError

    def url(self, path: Text) -> Text:
        """The address of an edge of the Graph API."""
        assert self.account is not None
        return f"{self.account['address']}/{self.account['version']}/{path}"

    def _handshake(self, request: Request) -> HTTPResponse:
        """Meta's console calls this when the webhook is entered there."""
        assert self.account is not None
        token = request.args.get("hub.verify_token") or ""
        is_ours = is_same(token, self.account["verify_token"])
        if is_ours and request.args.get("hub.mode") == "subscribe":
            return response.text(request.args.get("hub.challenge") or "")
        return response.text("the verify token does not match", status=403)

    def is_genuine(self, request: Request) -> bool:
        """Checks ``X-Hub-Signature-256``: HMAC of the raw body under the app's secret."""
        assert self.account is not None
        given = request.headers.get("X-Hub-Signature-256", "")
        return is_signed(self.account["app_secret"], request.body, given)

    async def post(self, path: Text, body: dict[Text, Any]) -> Outcome:
        """One attempt at a POST."""
        return outcome(await self.client.call("POST", self.url(path), body))


def is_signed(secret: Text, body: bytes, header: Text) -> bool:
    """Compares in constant time; anything but ``sha256=<hex>`` is no signature."""
    wanted = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return is_same(header, f"sha256={wanted}")


def outcome(reply: Response) -> Outcome:
    """What an answer of the Graph API means."""
    error = reply.body.get("error")
    error = error if isinstance(error, dict) else {}
    code = error.get("code")
    reason = reply.failure or f"status {reply.status}" + (f", code {code}" if code else "")
    if reply.status == 200 and not error:
        return Outcome(is_sent=True)
    if code in _TOKEN:
        return Outcome(again=True, after=TOKEN_WAIT, reason=f"{reason}: renew the token")
    later = code in _LATER or error.get("is_transient") is True
    if later or reply.status in (0, 408, 429) or reply.status >= 500:
        return Outcome(again=True, after=reply.retry_after, reason=reason)
    return Outcome(reason=reason)
