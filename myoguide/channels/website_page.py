"""The page at ``/`` and ``/chat``, and the widget's files: read once at start, served from memory.

The page needs no JavaScript: it carries the most asked answers and the emergency advice, taken
from the content pack, so that it helps when the chat cannot start.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, empty, raw

from myoguide.knowledge import Pack
from myoguide.safety.contacts import contacts_for, site_country
from myoguide.safety.screen import load

T = TypeVar("T")
WIDGET = Path(__file__).parents[2] / "widget"
PAGE = "page.html"
PATHS = ("/chat", "/chat/")
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}
# Only this server's own files, no inline code or style, no other site around it.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
# The widget's files may be used by any site; what it may talk to is decided by the socket.
FILE_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=300",
}


@dataclass(frozen=True)
class Served:
    """One file in memory, with its compressed form and the tag that tells it from another."""

    body: bytes
    zipped: bytes
    kind: str
    tag: str
    headers: dict[str, str]

    @classmethod
    def of(cls, body: bytes, suffix: str, headers: dict[str, str]) -> Served:
        tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        return cls(body, gzip.compress(body, 9, mtime=0), TYPES[suffix], tag, headers)

    def answer(self, request: Request) -> HTTPResponse:
        headers = {
            **self.headers,
            "ETag": self.tag,
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("if-none-match") == self.tag:
            return empty(304, headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return raw(
                self.zipped, headers={**headers, "Content-Encoding": "gzip"}, content_type=self.kind
            )
        return raw(self.body, headers=headers, content_type=self.kind)


def serve(app: Sanic, pack: Pack) -> None:
    """Adds the page and the widget's files to ``app``."""
    page = Served.of(render(pack).encode(), ".html", PAGE_HEADERS)
    files = {
        file.name: Served.of(file.read_bytes(), file.suffix, FILE_HEADERS)
        for folder in ("dist", "demo")
        for file in sorted((WIDGET / folder).iterdir())
        if file.suffix in TYPES and file.name != PAGE
    }

    async def show_page(request: Request) -> HTTPResponse:
        return page.answer(request)

    async def show_file(request: Request, name: str) -> HTTPResponse:
        return files[name].answer(request) if name in files else empty(404)

    async def page_at_root(request: Request) -> HTTPResponse | None:
        # Rasa owns "/" and greets programs there; people get the page.
        if request.path == "/" and "text/html" in request.headers.get("accept", ""):
            return page.answer(request)
        return None

    # One route: Sanic takes "/chat" and "/chat/" for the same.
    app.add_route(show_page, PATHS[0], name="website_page")
    app.add_route(show_file, "/chat/<name:str>", name="website_file")
    app.register_middleware(page_at_root, "request")


def render(pack: Pack) -> str:
    """The page's HTML. A template that names an answer or sign which is not there stops here."""
    environment = Environment(
        loader=FileSystemLoader(WIDGET / "demo"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        answer=partial(_known, pack.answers, "answer"), source_line=pack.source_line
    )
    environment.filters["blocks"] = blocks
    return environment.get_template(PAGE).render(
        integrity=json.loads((WIDGET / "dist" / "integrity.json").read_text()),
        number=contacts_for(_country()).emergency_number,
        why_call=_why_call,
    )


def _why_call(sign: str) -> str:
    """The reason in an emergency's call: what follows its first sentence."""
    call = _known(load().signs, "sign", sign).say["call"]
    return call.partition(" now. ")[2]


def _known(items: Mapping[str, T], kind: str, name: str) -> T:
    if name not in items:
        raise ValueError(f"widget/demo/{PAGE} names the {kind} {name!r}, which data/ does not have")
    return items[name]


def blocks(text: str) -> list[tuple[str, list[str]]]:
    """A reply's text as ("p" or "ul", lines), for the template."""
    found: list[tuple[str, list[str]]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if not line.startswith("- "):
            found.append(("p", [line]))
        elif found and found[-1][0] == "ul":
            found[-1][1].append(line[2:])
        else:
            found.append(("ul", [line[2:]]))
    return found


def _country() -> str | None:
    """The site's country; a wrong one is reported where the conversations read it."""
    try:
        return site_country()
    except ValueError:
        return None
