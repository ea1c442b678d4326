"""A certificate that is not accepted is one line that says why, and which variable names others."""

import ssl

import pytest
import requests
from urllib3.exceptions import MaxRetryError, SSLError

from tap_solaredge.transport import no_answer


def refused(reason):
    """Return the error of `requests` for a connection whose TLS failed so."""
    return requests.exceptions.SSLError(MaxRetryError(None, "/v2/sites", SSLError(reason)))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("certificate has expired", "certificate has expired"),
        (
            "Hostname mismatch, certificate is not valid for 'se'.",
            "Hostname mismatch, certificate is not valid for 'se'",
        ),
        (None, "no certificate was checked"),
    ],
    ids=["expired", "another-host", "no-tls"],
)
def test_why_a_certificate_is_refused_is_told(said, told):
    reason = ssl.SSLCertVerificationError("failed") if said else ssl.SSLError("record layer failure")
    if said:
        reason.verify_message = said
    assert str(no_answer("/v2/sites", refused(reason))) == (
        f"No answer from /v2/sites: TLS failed ({told}); check REQUESTS_CA_BUNDLE, this computer's date and "
        "`api_url`"
    )
