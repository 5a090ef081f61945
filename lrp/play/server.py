"""The server behind the page: the standard library's, on the loopback interface, behind a secret address.

Whoever does not know the token in the address gets nothing, nor does a web page of another origin: the Host header must
be this server's own, so that a name that an attacker's DNS points here is refused. The page
loads nothing from elsewhere.
"""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from lrp.errors import LrpError
from lrp.play.answers import Answers
from lrp.play.in_page import parse_question

LARGEST_BODY = 8 << 20  # bytes of a question or of a picture
SECONDS = 20.0  # a connection that says nothing for so long is closed
PAGES = {
    "": ("page.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:"


class PlayServer(ThreadingHTTPServer):
    """A server for one network; `address` is what a browser opens. Stop it with shutdown() and server_close().

    Parameters
    ----------
    answers : what computes the answers
    port : 0 for a free one
    """

    daemon_threads = True

    def __init__(self, answers: Answers, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answers = answers
        self.token = secrets.token_urlsafe(16)

    @property
    def address(self) -> str:
        """http://127.0.0.1:PORT/TOKEN/"""
        return f"http://127.0.0.1:{self.server_port}/{self.token}/"


class _Handler(BaseHTTPRequestHandler):
    """One request. Nothing is remembered between requests, so any number of tabs may be open."""

    server: PlayServer
    timeout = SECONDS

    def do_GET(self) -> None:
        path = self._path()
        if path == "model":
            self._send_json(HTTPStatus.OK, self.server.answers.model)
        elif path in PAGES:
            name, kind = PAGES[path]
            self._send(HTTPStatus.OK, kind, files("lrp.play").joinpath(name).read_bytes())
        else:
            self._send_json(HTTPStatus.NOT_FOUND, {"error": "there is no such page"})

    def do_POST(self) -> None:
        path = self._path()
        length = self.headers.get("Content-Length", "")
        if path not in ("explain", "picture"):
            self.close_connection = True
            self._send_json(HTTPStatus.NOT_FOUND, {"error": "there is no such page"})
            return
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._send_json(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": f"expected at most {LARGEST_BODY} bytes"})
            return
        body = self.rfile.read(int(length))
        try:
            if path == "picture":
                answer = self.server.answers.picture(body, unquote(self.headers.get("X-Name", "picture.png")))
            else:
                answer = self.server.answers.explain(parse_question(body))
        except LrpError as error:
            self._send_json(HTTPStatus.BAD_REQUEST, {"error": str(error)})
            return
        self._send_json(HTTPStatus.OK, answer)

    def _path(self) -> str | None:
        """What is asked for behind the token; None without the token or under another host's name."""
        port = self.server.server_port
        known = self.headers.get("Host") in (f"127.0.0.1:{port}", f"localhost:{port}")
        _, token, path = (self.path.partition("?")[0].split("/", 2) + ["", ""])[:3]
        return path if known and secrets.compare_digest(token.encode(), self.server.token.encode()) else None

    def _send_json(self, status: HTTPStatus, content: Any) -> None:
        self._send(status, "application/json", json.dumps(content).encode())

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal belongs to the user."""
