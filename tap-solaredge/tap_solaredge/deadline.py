"""Connections of requests whose timeout counts for a whole answer, not for each read of it (gotcha 85)."""

from __future__ import annotations

import http.client
import io
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    import socket

_BUFFER = 2**16


class _UntilDeadline(io.RawIOBase):
    """Reads a socket; its timeout counts for the whole answer, not for each read (gotcha 85)."""

    def __init__(self, connected: socket.socket) -> None:
        self._connected = connected
        self._raw = connected.makefile("rb", buffering=0)
        self._timeout = connected.gettimeout()
        self._end = time.monotonic() + (self._timeout or 0.0)

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401
        """Read what is there, or wait for it until the deadline."""
        if self._timeout is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._connected.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket, which the next call may use."""
        if not self.closed and self._connected.fileno() >= 0:
            self._connected.settimeout(self._timeout)
        self._raw.close()
        super().close()


class _Watched(NamedTuple):
    connected: socket.socket

    def makefile(self, mode: str) -> io.BufferedReader:  # noqa: ARG002
        return io.BufferedReader(_UntilDeadline(self.connected), _BUFFER)


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(_Watched(sock), *args, **kwargs)  # type: ignore[arg-type]  # only makefile is used


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Adapter(HTTPAdapter):
    """The adapter of requests, with connections whose answers have a deadline."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401
        """Make the pools of a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        return manager
