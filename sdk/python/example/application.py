"""A web back end that imq asks and tells, with the standard library's server."""

import http.server
import os
import sys

from imq_client import callout

SECRET = os.environ["IMQ_CALLOUT_SECRET"]


def answer(request):
    if request["type"] == "tell":
        for tell in request["tells"]:
            print(tell["kind"], tell.get("queue"), tell.get("user"), flush=True)
        return b""
    if request["kind"] == "subscribe" and request["user"] == "ann":
        return callout.allow()
    return callout.refuse("only Ann may enter")


class Application(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        status, said = 200, b""
        try:
            said = answer(callout.verify_callout(self.headers, body, SECRET))
        except callout.Forged as error:
            status, said = 401, str(error).encode()
        except callout.Unreadable:
            said = callout.refuse(status=3)
        self.send_response(status)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
http.server.ThreadingHTTPServer(("127.0.0.1", port), Application).serve_forever()
