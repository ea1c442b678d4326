"""Every answer has a bound: seconds for the whole of it, bytes for its body."""

import gzip
import resource
import time
import zlib

import pytest

from tap_solaredge import transport
from tap_solaredge.errors import Busy, Unreachable
from tap_solaredge.login.token_endpoint import TokenEndpoint

from .client_alone import DETAILS, client, problem
from .strange_service import StrangeService, answer

__all__ = ["client"]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIPS = {
    "status line": (b"HT",),
    "headers": (HEAD, b"X-Long: "),
    "interim answers": (b"HTTP/1.1 100 Continue\r\n\r\n" * 3, b"HTTP/1.1 100"),
    "body": (HEAD, b"Content-Length: 10000\r\n\r\n{"),
    "body without length": (HEAD, b"Connection: close\r\n\r\n{"),
    "chunks": (HEAD, b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"),
}


@pytest.mark.parametrize("where", DRIPS)
def test_an_answer_that_drips_ends_with_the_timeout(client, where):
    with StrangeService(lambda _: service.drip(*DRIPS[where])) as service:
        error = problem(client(service.url, timeout=0.5))
    assert type(error) is Busy
    assert str(error) == (
        "No answer from /v2/sites/1: timed out (see setting `request_timeout`); the next run tries again"
    )


@pytest.mark.parametrize("where", DRIPS)
def test_an_answer_of_the_token_endpoint_that_drips_ends_with_the_timeout(where):
    with StrangeService(lambda _: service.drip(*DRIPS[where])) as service:
        endpoint = TokenEndpoint(service.url, "client", "client-secret", 0.5)
        with pytest.raises(Busy, match="timed out"):
            endpoint.refresh("r-1")


def test_a_slow_answer_leaves_its_connection_usable(client):
    def says(_):
        time.sleep(0.4)
        return answer(body=b"{}")

    with StrangeService(says) as service:
        asking = client(service.url, timeout=0.7)
        for _ in range(4):
            assert asking.get(DETAILS).payload == {}


def bomb(pack, size=transport.LARGEST_BODY * 3):
    """Return a body that is small, and large when it is unpacked."""
    return pack(b"[" + b" " * size + b"]")


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("gzip, gzip", lambda b: gzip.compress(gzip.compress(b))),
    ],
)
@pytest.mark.parametrize("status", ["200 OK", "302 Found", "500 Oops"])
def test_a_body_that_unpacks_to_more_than_the_bound_is_refused(client, encoding, pack, status):
    said = answer(status, bomb(pack), Content_Encoding=encoding, Location="/")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with StrangeService(said) as service:
        error = problem(client(service.url))
    assert type(error) is Busy
    assert "answered more than 64 MiB" in str(error)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 400_000  # KiB; the packing of the bomb counts too


def test_a_body_without_end_is_refused(client):
    def says(_):
        yield HEAD + b"\r\n"
        while True:
            yield b" " * 2**20

    with StrangeService(says) as service:
        error = problem(client(service.url, timeout=60.0))
    assert "answered more than 64 MiB" in str(error)


def test_the_token_endpoint_has_the_same_bound():
    with StrangeService(answer(body=bomb(gzip.compress), Content_Encoding="gzip")) as service:
        endpoint = TokenEndpoint(service.url, "client", "client-secret", 30.0)
        with pytest.raises(Busy, match="answered more than 64 MiB"):
            endpoint.refresh("r-1")


def test_a_large_answer_below_the_bound_is_read_whole(client):
    body = b'{"a": "' + b"x" * 3_000_000 + b'"}'
    said = answer(body=gzip.compress(body), Content_Encoding="gzip")
    with StrangeService(said) as service:
        found = client(service.url).get(DETAILS)
    assert (found.body, len(found.payload["a"])) == (body, 3_000_000)


@pytest.mark.parametrize(
    "body", [b"[" * 500_000, b'{"a": ', b"\xff\xfe{", b"{\xff}", b'\xef\xbb\xbf{"a": 1', b"<", b"nul", b" "]
)
def test_a_body_that_is_no_json_is_an_outage(client, body):
    with StrangeService(answer(body=body)) as service:
        assert isinstance(problem(client(service.url)), Busy)


def test_a_mark_of_byte_order_is_no_obstacle(client):
    with StrangeService(answer(body=b'\xef\xbb\xbf{"a": 1}')) as service:
        assert client(service.url).get(DETAILS) == (b'{"a": 1}', {"a": 1})


def test_a_host_that_is_not_there_is_told(client):
    assert isinstance(problem(client("http://127.0.0.1:9")), Unreachable)
