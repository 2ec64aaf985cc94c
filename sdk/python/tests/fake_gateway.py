"""A gateway's RPC door that answers as a test says."""

from __future__ import annotations

import http.server
import json
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Union

Answer = Union[tuple[int, Any], None]
"""A status and a body, which is JSON unless it is text; `None`: the connection ends without."""


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]
    body: Any
    connection: int
    """Of which connection it came: its port at the client's end."""


def refusal(status: int, code: str, may_retry: bool = False) -> Answer:
    return status, {"error": {"status": 0, "code": code, "message": "m", "may_retry": may_retry}}


class Gateway:
    """`answers` are given in order; the last one again and again."""

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[Asked] = []
        self._answers = list(answers)
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                gateway._answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Gateway:
        serve = self._server.serve_forever
        threading.Thread(target=serve, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers["content-length"])))
        port = request.client_address[1]
        self.asked.append(Asked(request.path, dict(request.headers.items()), body, port))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer is None:
            request.close_connection = True
            return
        status, said = answer
        text = (said if isinstance(said, str) else json.dumps(said)).encode()
        request.send_response(status)
        request.send_header("content-length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)
