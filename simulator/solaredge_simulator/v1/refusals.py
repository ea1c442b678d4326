"""How V1 says no (API V1 reference, section 4)."""

from __future__ import annotations

from http import HTTPStatus

from solaredge_simulator.messages import PROBLEM, Answer, RefusalError

_TOMCAT = (
    '<!doctype html><html lang="en"><head><title>HTTP Status 400 – Bad Request</title></head><body>'
    '<h1>HTTP Status 400 – Bad Request</h1><hr class="line" /><p><b>Type</b> Status Report</p>'
    "<p><b>Message</b> {}</p><p><b>Description</b> The server cannot or will not process the request due to "
    "something that is perceived to be a client error.</p></body></html>"
)


def bad_request(message: str) -> RefusalError:
    """Return 400 with Tomcat's page."""
    return RefusalError(
        Answer(HTTPStatus.BAD_REQUEST, _TOMCAT.format(message), content_type="text/html;charset=utf-8")
    )


def missing(name: str) -> RefusalError:
    """Return 400 for a parameter that is not there."""
    return bad_request(f"Required parameter '{name}' is not present")


def forbidden(message: str) -> RefusalError:
    """Return 403: a foreign site, too long a range, another rule."""
    return RefusalError(Answer(HTTPStatus.FORBIDDEN, {"String": message}))


def invalid_key() -> RefusalError:
    """Return 401."""
    body = {
        "type": "https://se-api.stoplight.io/docs/monitoring",
        "title": "Unauthorized - Authentication Failed",
        "status": 401,
        "detail": "Invalid API key",
        "instance": None,
        "properties": {"traceId": f"{401:032d}"},
    }
    return RefusalError(Answer(HTTPStatus.UNAUTHORIZED, body, content_type=PROBLEM))


def empty(status: HTTPStatus) -> RefusalError:
    """Return a status without a body: 404, 406, 410, 429."""
    return RefusalError(Answer(status, b"", content_type="text/plain"))
