"""An AWS look-alike on loopback: instance metadata, container, STS and SSO, with faults. Standard library only.

`python3 -m lookalike` in Fixtures/aws prints its port and serves until its standard input ends, so that it ends with
the test that started it.

The first part of a path names a behavior and a visitor, `/busy.42/imds/latest/api/token`; behaviors are in `faults.py`.
What a visitor asked for is at `/log.42`. Nothing here calls the code that is tested: signatures are checked with hmac
and hashlib.
"""
import http.server
import json
import sys
import threading

from . import faults, services


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self):
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        head, _, rest = self.path.lstrip("/").partition("/")
        behavior, _, visitor = head.partition(".")
        if behavior == "log":
            return self.answer(services.Answer(200, json.dumps(services.log(visitor)).encode()))
        request = services.Request(self.command, "/" + self.path, "/" + rest, dict(self.headers.items()), body, visitor)
        count = services.note(request)
        faults.act(self, behavior, count, lambda clock=0: services.answer(request, behavior, clock))

    do_GET = do_PUT = do_POST = serve

    def answer(self, answer):
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        """A client that goes away early is part of the play."""


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
