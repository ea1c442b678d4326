"""A certificate that is not accepted is one line that says why, and which variable names others."""

import ssl

import pytest
import requests
from urllib3.exceptions import MaxRetryError, SSLError

from tap_solaredge.transport import no_answer


def refused(reason):
    """Return the error of `requests` for a connection whose TLS failed so."""
    return requests.exceptions.SSLError(MaxRetryError(None, "/v2/sites", SSLError(reason)))


FAILED = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"{FAILED}certificate has expired (_ssl.c:1006)", "certificate has expired"),
        (
            f"{FAILED}Hostname mismatch, certificate is not valid for 'se'. (_ssl.c:1006)",
            "Hostname mismatch, certificate is not valid for 'se'",
        ),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", "wrong version number"),
    ],
    ids=["expired", "another-host", "no-tls"],
)
def test_why_a_certificate_is_refused_is_told(said, told):
    assert str(no_answer("/v2/sites", refused(ssl.SSLError(said)))) == (
        f"No answer from /v2/sites: TLS failed ({told}); check REQUESTS_CA_BUNDLE, this computer's date and "
        "`api_url`"
    )
