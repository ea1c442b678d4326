"""One HTTP exchange, bounded: no redirects, a deadline for the whole answer, a largest size of its body."""

from __future__ import annotations

import email.utils
import html
import os
import re
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3
from requests.utils import get_environ_proxies, prepend_scheme_if_needed, select_proxy
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from tap_solaredge.deadline import Adapter
from tap_solaredge.errors import BudgetReached, Busy, ConfigError, TapSolarEdgeError, Unreachable
from tap_solaredge.local_time import is_of_this_age
from tap_solaredge.redaction import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_BODY = 64 * 2**20
"""Bytes of a body, unpacked; far above a real one (gotcha 85)."""
LONGEST_WAIT = 300.0
"""Seconds; a run that would have to wait longer ends, so that it does not block the next ones (gotcha 84)."""
AGAIN = "the next run tries again"
TEXT_IN_MESSAGE = 200
_STEP = 2**20
_PACKED, _GZIP_OR_ZLIB = frozenset({"gzip", "x-gzip", "deflate"}), 32 + zlib.MAX_WBITS
LOOKED_AT = 2**15
"""Bytes of a body in which a title is looked for, and letters of a reason that are looked at."""
_REASONS = ("detail", "error_description", "message", "String", "title")
"""Where a problem in JSON says what it is, the best first."""
_SECONDS = re.compile(r"\d+(\.\d*)?", re.ASCII)
_PAGE = re.compile(rb"(?is)<(!doctype\s+html|html|head|title|body)\b")
_TITLE = re.compile(r"(?is)<(title|h1)\b[^>]*>\s*(\S.*?)\s*</\1\s*>")
_TAG = re.compile(r"(?s)<[^>]*>")
_AROUND = re.compile(r"(?s)^.*(?:: |\] )| \(_ssl\.c.*")
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXIES = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY"
_REDIRECTS = range(300, 400)
_TRY_LATER = frozenset({408, 425, *range(500, 600)})


class Reply(NamedTuple):
    """An answer, whole."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    def sent(self) -> datetime | None:
        """Return the service's time when it answered, if it says so."""
        return http_date(self.headers.get("Date"))

    def retry_after(self) -> float | None:
        """Return the seconds of `Retry-After`, which is a number or a date."""
        value = self.headers.get("Retry-After", "").strip()
        if _SECONDS.fullmatch(value):
            return float(value)
        until = http_date(value)
        if until is None:
            return None
        return max((until - (self.sent() or datetime.now(UTC))).total_seconds(), 0.0)

    def is_page(self) -> bool:
        """Whether the body is a page for people, in HTML."""
        start = self.body[:LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip()
        typed = "html" in self.headers.get("Content-Type", "").lower()
        return start.startswith(b"<") and (typed or _PAGE.search(start) is not None)

    def document(self) -> Any:  # noqa: ANN401
        """Return what the body says in JSON, None where it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def excerpt(self) -> str:
        """Return the reason that the body gives: a problem's detail, a page's title, else its beginning."""
        problem = self.document()
        if isinstance(problem, dict):
            text = next((str(problem[key])[:LOOKED_AT] for key in _REASONS if problem.get(key)), "")
        else:
            text = self.body[:LOOKED_AT].decode(errors="replace")
            if self.is_page():
                title = _TITLE.search(text)
                text = html.unescape(_TAG.sub(" ", title[2] if title else text))
        return one_line(" ".join(text.split()) or self.reason or "no reason given")[:TEXT_IN_MESSAGE]


class TooLarge(requests.RequestException):
    """The body of an answer is larger than any real one."""


def http_date(value: str | None) -> datetime | None:
    """Return the instant of a header's date, None for anything else, such as one of year 9999."""
    try:
        moment = email.utils.parsedate_to_datetime(value or "")
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment if is_of_this_age(moment) else None


def session(url: str) -> requests.Session:
    """Return a session for one address; the environment's proxies and certificates are looked up once.

    Raises:
        ConfigError: If they cannot be used; the text names the variable.
    """
    made = _Session()
    made.headers["Accept"] = "application/json"
    made.headers["Accept-Encoding"] = "gzip, deflate"
    for scheme in ("http://", "https://"):
        made.mount(scheme, Adapter())
    found = made.merge_environment_settings(url, {}, None, None, None)
    made.proxies, made.verify, made.cert = found["proxies"], found["verify"], found["cert"]
    made.trust_env = False
    _check_certificates(url, made.verify)
    _check_proxy(select_proxy(url, made.proxies))
    return made


def _check_certificates(url: str, found: bool | str | None) -> None:
    if isinstance(found, str) and url.lower().startswith("https:") and not Path(found).exists():
        variable = next((name for name in _CERTIFICATES if os.environ.get(name) == found), _CERTIFICATES[0])
        raise ConfigError(f"{variable} names {found}, and nothing is there: name a file of certificates")


def _check_proxy(proxy: str | None) -> None:
    if not proxy:
        return
    remedy = "write it like http://host:3128"
    try:
        whole = prepend_scheme_if_needed(proxy, "http")  # type: ignore[no-untyped-call]
        host = (urllib3.util.parse_url(whole).host or "").encode("idna")
        Adapter().proxy_manager_for(whole)
    except requests.exceptions.InvalidSchema:
        host, remedy = b"", "SOCKS needs PySocks: pip install 'requests[socks]'"
    except ValueError:
        host = b""
    if not host:
        raise ConfigError(
            f"the proxy {_shown(proxy)} of the environment ({_PROXIES}) cannot be used: {remedy}"
        )


def _shown(proxy: str) -> str:
    """Return a proxy's address without user name and password."""
    scheme, joint, rest = proxy.rpartition("://")
    return one_line(scheme + joint + rest.rpartition("@")[2])


def send(through: requests.Session, method: str, url: str, timeout: float, **more: Any) -> Reply:  # noqa: ANN401
    """Send a request and return the answer, whatever its status.

    Args:
        through: See `session`.
        method: GET or POST.
        url: The address.
        timeout: Seconds for the whole exchange, from the connection to the last byte.
        more: Further arguments of `requests`.

    Raises:
        requests.RequestException: If no whole answer came; see `no_answer`.
    """
    limit: Any = urllib3.Timeout(total=timeout)
    with through.request(method, url, timeout=limit, stream=True, **more) as response:
        try:
            body = _unpacked(response.raw, response.headers.get("Content-Encoding", ""))
        except (urllib3.exceptions.HTTPError, zlib.error) as error:
            raise requests.ConnectionError(error) from None
        return Reply(response.status_code, response.reason or "", response.headers, body)


def _unpacked(raw: urllib3.BaseHTTPResponse, encoding: str) -> bytes:
    """Return a body, unpacked no further than a real answer goes: urllib3 unpacks the end of one whole."""
    body = bytearray()
    for part in raw.stream(_STEP, decode_content=False):
        body += part
        if len(body) > LARGEST_BODY:
            raise TooLarge
    unpacked = bytes(body)
    for coding in reversed(encoding.lower().split(",")):
        if coding.strip() in _PACKED:
            unpacked = _inflated(unpacked)
    return unpacked


def _inflated(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    body = unpacker.decompress(packed, LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise TooLarge
    if not unpacker.eof:
        raise zlib.error("the packed answer is cut")
    return body


def no_answer(path: str, error: requests.RequestException) -> Busy | ConfigError:
    """Return what a network failure means, without the address, which may hold a key."""
    where, inner = f"No answer from {path}", error.args[0] if error.args else None
    if isinstance(error, TooLarge):
        return Busy(
            f"{path} answered more than {LARGEST_BODY // 2**20} MiB, far above a real answer; {AGAIN}"
        )
    if isinstance(error, requests.exceptions.InvalidURL):
        return ConfigError(f"{where}: this is no address; check `api_url`")
    nobody = _nobody(error, inner)
    if nobody is not None:
        return Unreachable(f"{where}: {nobody}")
    if isinstance(error, requests.Timeout) or isinstance(inner, ReadTimeoutError):
        return Busy(f"{where}: timed out (see setting `request_timeout`); {AGAIN}")
    return Busy(f"{where}: the connection was cut; check the network and `api_url`; {AGAIN}")


def _nobody(error: requests.RequestException, inner: Any) -> str | None:  # noqa: ANN401
    """Return why no connection came about, None where one did."""
    reason = getattr(inner, "reason", inner)
    if isinstance(error, requests.exceptions.SSLError):
        return f"TLS failed ({_why(reason)}); check {_CERTIFICATES[0]}, this computer's date and `api_url`"
    if isinstance(error, requests.exceptions.ProxyError):
        url = (error.request and error.request.url) or ""
        proxy = _shown(select_proxy(url, get_environ_proxies(url)) or "")
        why = _why(getattr(reason, "original_error", reason))
        return f"the proxy {proxy} refused ({why}); check the environment's {_PROXIES}"
    if isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError):
        return f"no connection; check the network and `api_url`; {AGAIN}"
    return None


def _why(cause: object) -> str:
    """Return what an error of the network says, without what Python and OpenSSL write around it."""
    return one_line(_AROUND.sub("", str(cause)))[:TEXT_IN_MESSAGE].rstrip(" .)") or "no reason given"


def outage(path: str, reply: Reply) -> TapSolarEdgeError | None:
    """Return what an answer means that is not the service's own word (gotchas 82, 83), None where it may be.

    A status of 5xx, 408 or 425, a redirect, and a page of HTML with whatever status.
    """
    if reply.status in _REDIRECTS:
        said = f"a redirect to {_target(reply)}, which is not followed"
    elif reply.status in _TRY_LATER or reply.is_page():
        said = reply.excerpt()
    else:
        return None
    return busy(f"{path} answered {reply.status}: {said}", reply)


def busy(said: str, reply: Reply, otherwise: float | None = None) -> Busy | BudgetReached:
    """Return the error that waits as long as the service says, or ends the run where that is too long.

    Args:
        said: What happened.
        reply: The answer.
        otherwise: Seconds to wait where the service names none; None leaves it to the caller.
    """
    wait = reply.retry_after()
    wait = otherwise if wait is None else wait
    if wait is None or wait <= LONGEST_WAIT:
        return Busy(f"{said}; {AGAIN}", wait)
    try:
        back = (reply.sent() or datetime.now(UTC)) + timedelta(seconds=wait)
        until = f"at {back:%Y-%m-%d %H:%M} UTC"
    except OverflowError:
        until = "when it is available again"
    return BudgetReached(f"{said}. It asks for a long wait: come back {until}; the state is saved")


def _target(reply: Reply) -> str:
    """Return the host of a redirect, and nothing more of its address."""
    try:
        host = urlsplit(reply.headers.get("Location", "")).hostname
    except ValueError:
        host = None
    return one_line(host)[:TEXT_IN_MESSAGE] if host else "another page"


class _Session(requests.Session):
    """A session that knows no redirects: what proves who we are must not reach another host (gotcha 83)."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Return none."""
        return None
