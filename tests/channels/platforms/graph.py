"""What Meta's two stand-ins share: signatures, tokens, errors of the Graph API."""

from __future__ import annotations

import hashlib
import hmac

from aiohttp import web

from platforms.base import Fault, Platform, Refused

VERSION = "v25.0"


def graph_error(
    status: int, code: int, message: str, subcode: int = 0, is_transient: bool = False
) -> Refused:
    """An error as in the documentation of the Graph API's error handling."""
    error = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code}
    if subcode:
        error["error_subcode"] = subcode
    if is_transient:
        error["is_transient"] = True
    return Refused(status, {"error": {**error, "fbtrace_id": "BLBz/WZt8dN"}})


class GraphPlatform(Platform):
    """A platform behind graph.facebook.com."""

    app_secret = "app-secret-of-the-test"
    verify_token = "verify-token-of-the-test"
    token = "EAAJ-token-of-the-test"

    def signed(self, body: bytes) -> dict[str, str]:
        digest = hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()
        return {"X-Hub-Signature-256": f"sha256={digest}"}

    def error(self, status: int) -> Fault:
        code = {429: 4, 500: 2, 503: 2}.get(status, 1)
        return Fault(status, graph_error(status, code, "Try again").body)

    def check_token(self, request: web.Request) -> None:
        bearer = request.headers.get("Authorization", "")
        given = bearer.removeprefix("Bearer ") or request.query.get("access_token", "")
        if given != self.token:
            raise graph_error(401, 190, "Invalid OAuth access token.")
