"""Requests to gateways, over connections that are kept."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

# The gateway ends a connection that was idle for 30 s.
_IDLE_S_MAX = 20.0
# Of each gateway, kept for the next calls: as many as threads that call at once, within reason.
_IDLE_MAX = 16


class ConnectFailed(Exception):
    """There is no connection; nothing was sent."""


class Broken(Exception):
    """The request, or part of it, was sent, and no answer came."""


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes


class Gateway:
    """One gateway's RPC door. Threads may share it."""

    def __init__(self, url: str, tls: ssl.SSLContext | None) -> None:
        parts = urlsplit(url)
        is_bare = parts.path.strip("/") == "" and not parts.query
        if parts.scheme not in ("http", "https") or not parts.hostname or not is_bare:
            raise ValueError(f"an RPC address is called http://host:7490, not {url!r}")
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = tls or ssl.create_default_context() if parts.scheme == "https" else None
        self._lock = threading.Lock()
        # With the time since which each is idle.
        self._idle: list[tuple[float, http.client.HTTPConnection]] = []

    def post(
        self, path: str, headers: dict[str, str], body: bytes, connect_s: float, deadline: float
    ) -> Response:
        """Posts once, until `deadline` on the monotonic clock."""
        connection = self._take() or self._connect(min(connect_s, _left(deadline)))
        try:
            connection.sock.settimeout(_left(deadline))
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            answer = Response(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Broken(_why(error)) from error
        if response.will_close:
            connection.close()
        else:
            self._keep(connection)
        return answer

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _take(self) -> http.client.HTTPConnection | None:
        with self._lock:
            while self._idle:
                since, connection = self._idle.pop()
                if time.monotonic() - since < _IDLE_S_MAX:
                    return connection
                connection.close()
        return None

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < _IDLE_MAX:
                return self._idle.append((time.monotonic(), connection))
        connection.close()

    def _connect(self, timeout_s: float) -> http.client.HTTPConnection:
        connection = (
            http.client.HTTPSConnection(
                self._host, self._port, timeout=timeout_s, context=self._tls
            )
            if self._tls
            else http.client.HTTPConnection(self._host, self._port, timeout=timeout_s)
        )
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            where = f"{self._host}:{self._port}"
            raise ConnectFailed(f"no connection with {where}: {_why(error)}") from error
        return connection


def _left(deadline: float) -> float:
    # 0 would mean not to wait at all.
    return max(deadline - time.monotonic(), 0.001)


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
