"""The sockets: HTTP/1.1 with keep-alive on loopback. Everything that it says comes from `Front`."""

from __future__ import annotations

import gzip
import logging
import socket
import struct
import threading
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, cast

from solaredge_simulator.bodies import bomb, dripping, endless
from solaredge_simulator.messages import Answer, parse, problem

if TYPE_CHECKING:
    from solaredge_simulator.front import Front

log = logging.getLogger(__name__)

_WORTH_ZIPPING = 512
_FASTEST = 1
_RESET = struct.pack("ii", 1, 0)
"""Linger for no time: closing a socket resets its connection."""


class Server(ThreadingHTTPServer):
    """Listens on loopback; one thread per connection, all of them ended by `stop`."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, front: Front, port: int = 0) -> None:
        self.front = front
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Connection)

    def stop(self) -> None:
        """Close the listening socket and all connections; wait for their threads."""
        self.shutdown()
        self.front.stopping.set()
        with self._lock:
            for connection in self._open:
                _shut(connection)
        self.server_close()

    def process_request_thread(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        """Serve one connection, known to `stop`."""
        with self._lock:
            self._open.add(request)
        if self.front.stopping.is_set():
            _shut(request)
        super().process_request_thread(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        """Close one connection."""
        with self._lock:
            self._open.discard(request)
        if (
            request.fileno() >= 0
            and request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_RESET)) == _RESET
        ):
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say what went wrong, unless the client just went away."""
        del request
        log.debug("connection from %s ended", client_address)


class Connection(BaseHTTPRequestHandler):
    """One keep-alive connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    _skew = 0.0
    _date: str | None = None

    def _serve(self) -> None:
        front = cast("Server", self.server).front
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = parse(self.command, self.path, headers, self.rfile.read(length), front.clock.now())
        try:
            answer = front.answer(request)
        except Exception:
            log.exception("the simulator itself failed on %s", request.path)
            answer = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The simulator itself failed").answer
        self._send(answer, zipped=front.options.gzip and "gzip" in headers.get("accept-encoding", ""))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815

    def _send(self, answer: Answer, *, zipped: bool) -> None:
        content, self._skew, self._date = answer.content(), answer.skew, answer.date
        if answer.reset == "before":
            self._reset()
            return
        self.send_response(answer.status)
        if answer.bomb:
            content = bomb(content, answer.bomb)
            self.send_header("Content-Encoding", "gzip")
        elif zipped and len(content) > _WORTH_ZIPPING and not answer.drip and not answer.endless:
            content = gzip.compress(content, _FASTEST, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", answer.content_type)
        if answer.endless:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(content)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self._write(answer, content)
        if answer.reset:
            self.wfile.flush()
            self._reset()

    def _write(self, answer: Answer, content: bytes) -> None:
        """Send the body, whole or half, at once or in a way that never ends."""
        stopping = cast("Server", self.server).front.stopping
        if not answer.drip and not answer.endless:
            self.wfile.write(content if answer.reset is None else content[: len(content) // 2])
            return
        pieces = endless(content, stopping) if answer.endless else dripping(content, answer.drip, stopping)
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()

    def send_header(self, keyword: str, value: str) -> None:
        """Send a header; one without a value is left out."""
        if value:
            super().send_header(keyword, value)

    def _reset(self) -> None:
        """Let the coming close send a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close_connection = True

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the `Date` header: the simulator's time, or what a fault says."""
        del timestamp
        if self._date is not None:
            return self._date
        now = cast("Server", self.server).front.clock.now()
        return format_datetime(now + timedelta(seconds=self._skew), usegmt=True)

    def version_string(self) -> str:
        """Return the `Server` header."""
        return "solaredge-simulator"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: `Calls` has it all, without secrets."""


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        log.debug("a connection was closed already")
