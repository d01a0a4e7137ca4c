"""Conversation ids that only this server can make: whoever holds one may read that conversation.

The person's browser keeps a signed token; Rasa and the store see only the random id inside it.
"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

import jwt

SECRET_VARIABLE = "MYOGUIDE_SECRET"
SECRET_FILE = Path("var") / "secret"
SHORTEST_SECRET = 32  # characters; HS256 asks for as many bytes
ALGORITHM = "HS256"
PURPOSE = "website-chat"


class RefusedToken(ValueError):
    """The token was not made by this server, or is too old."""


def load_secret(file: Path = SECRET_FILE) -> str:
    """The signing secret: from the environment, else from a file made at the first start.

    Several servers behind one address need the same secret, so they take it from the environment.
    Raises ValueError when the secret is too short to sign with.
    """
    given = os.environ.get(SECRET_VARIABLE)
    if given:
        return _long_enough(given, SECRET_VARIABLE)
    try:
        return _long_enough(file.read_text().strip(), str(file))
    except FileNotFoundError:
        return _make_secret(file)


def _make_secret(file: Path) -> str:
    secret = secrets.token_hex(32)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Never readable by others, not even for a moment; never over a file made meanwhile.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _long_enough(file.read_text().strip(), str(file))
    with os.fdopen(descriptor, "w") as sink:
        sink.write(secret)
    return secret


def _long_enough(secret: str, where: str) -> str:
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(
            f"the secret in {where} has {len(secret)} characters; it needs at least "
            f"{SHORTEST_SECRET}: make one with 'openssl rand -hex 32'"
        )
    return secret


class ConversationIds:
    """Makes ids and checks tokens. ``days``: how long a token is honoured."""

    def __init__(self, secret: str, days: float = 30) -> None:
        self._secret = secret
        self._lifetime = days * 86_400  # seconds

    def new(self) -> str:
        """A token with a fresh random id."""
        claims = {
            "sub": secrets.token_urlsafe(18),
            "aud": PURPOSE,
            "exp": int(time.time() + self._lifetime),
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def read(self, token: object) -> str:
        """The id inside ``token``; RefusedToken for anything that is not ours."""
        if not isinstance(token, str):
            raise RefusedToken("no token")
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=PURPOSE,
                options={"require": ["sub", "exp", "aud"]},
            )
        except jwt.InvalidTokenError as error:
            raise RefusedToken(str(error)) from None
        return claims["sub"]
