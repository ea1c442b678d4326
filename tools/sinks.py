"""A mail server and a web server on loopback that keep what they are sent."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread


class Mailbox(StreamRequestHandler):
    """Says yes to every line of SMTP; keeps the text after DATA."""

    def handle(self):
        self.wfile.write(b"220 sink\r\n")
        for line in self.rfile:
            word = line[:4].upper().strip()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                self.server.kept.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


class Hook(BaseHTTPRequestHandler):
    """Takes every POST; keeps the body."""

    def do_POST(self):
        self.server.kept.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


class _Server(ThreadingTCPServer):
    """One whose port may be taken again at once."""

    allow_reuse_address = True


@contextmanager
def sink(handler, port=0):
    """Give the port of a server, a free one unless it is named, and the list of what it was sent."""
    with _Server(("127.0.0.1", port), handler) as server:
        server.kept = []
        serving = Thread(target=server.serve_forever, args=[0.05])
        serving.start()
        try:
            yield server.server_address[1], server.kept
        finally:
            server.shutdown()
            serving.join()
