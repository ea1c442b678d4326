"""A server on loopback that says what a test tells it to, byte for byte, and remembers what it was sent."""

import contextlib
import socketserver
import ssl
import subprocess
import threading

PAGE = b"<!DOCTYPE html>\n<html><head><title>Request &amp; unblock</title></head><body>Ray ID 1</body></html>"


def answer(status="200 OK", body=b"", kind="application/json", **headers):
    """Return the bytes of an answer; underscores in names of headers are hyphens."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class _Connection(socketserver.StreamRequestHandler):
    def handle(self):
        with contextlib.suppress(OSError):
            while request := self._request():
                self.server.requests.append(request)
                said = self.server.says(request)
                for part in [said] if isinstance(said, bytes) else said:
                    self.wfile.write(part)
                    self.wfile.flush()
                if not isinstance(said, bytes):
                    return

    def _request(self):
        """Return request line, headers and body as one text."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return ""
            head += line
        length = next((x.split(b":")[1] for x in head.lower().split(b"\r\n") if b"content-length" in x), 0)
        return (head + self.rfile.read(int(length))).decode()


class StrangeService(socketserver.ThreadingTCPServer):
    """Answers every request with what `says(request)` returns: bytes, or pieces after which it hangs up."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, says, certificate=None):
        super().__init__(("127.0.0.1", 0), _Connection)
        self.says = says if callable(says) else lambda _: says
        self.requests = []
        self.stopping = threading.Event()
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client_address):
        """Say nothing of clients that hang up."""

    def drip(self, *parts, seconds=0.05, times=200):
        """Yield parts, then a byte now and then until nobody listens any more, or it is far too late."""
        yield from parts
        for _ in range(times):
            if self.stopping.wait(seconds):
                return
            yield b" "

    def __exit__(self, *_):
        self.stopping.set()
        self.shutdown()
        self.server_close()


def certificate(folder):
    """Return a file with a key and a certificate of 127.0.0.1, signed by itself."""
    key, signed = folder / "key.pem", folder / "signed.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=loopback",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", signed],
        check=True, capture_output=True,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_bytes(key.read_bytes() + signed.read_bytes())
    return both
