"""Site owners: the settings of their application, and what they do in a browser."""

import json
import socket
import threading
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import requests

from tap_solaredge.login.grants import Grant, TokenFile

CLIENT, SECRET = "demo-client", "demo-client-secret"


def free_port():
    """Return a loopback port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings(simulator, folder, **more):
    """Return the tap's settings for an owner of a single site."""
    return {
        "api_key": None,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "token_file": str(folder / "state" / "tokens.json"),
        "authorize_url": f"{simulator.url}/authorize",
        "redirect_url": f"http://127.0.0.1:{free_port()}/callback",
        "api_url": simulator.url,
        "ledger_path": str(folder / "ledger.db"),
        "calls_per_minute": 0,
        "monthly_credits": 0,
    } | more


def config_file(folder, values):
    """Write settings as a configuration file and return its path."""
    path = folder / "tap.json"
    path.write_text(json.dumps({name: value for name, value in values.items() if value is not None}))
    return path


def grants(path):
    """Return the grants of a token file by site."""
    return {grant.site_id: grant for grant in TokenFile(path).read().grants}


def grant_access(simulator, path, site, scopes=("SITE_DATA", "DEVICE_DATA"), known=True):
    """Put a new grant of a site into a token file, as a login does."""
    tokens = simulator.grant(site, scopes=scopes)
    now = simulator.clock.now()
    with TokenFile(path).change() as change:
        change.grants.put(
            Grant(
                client_id=CLIENT,
                site_id=site,
                refresh_token=tokens["refresh_token"],
                access_token=tokens["access_token"],
                renew_at=now + timedelta(minutes=115),
                refreshed_at=now,
                scopes=list(scopes) if known else None,
            )
        )
        change.save()
    return tokens


def decide(link, site, decision="approve"):
    """Decide on the consent page and return the address that the browser is sent to."""
    page = requests.get(link, timeout=10)
    assert "<form" in page.text, page.text
    sent = dict(parse_qsl(urlsplit(link).query)) | {"site_id": str(site), "decision": decision}
    target = link.partition("?")[0]
    answer = requests.post(target, data=sent, timeout=10, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


class Browser:
    """In place of `webbrowser.open`: an owner who decides and comes back."""

    def __init__(self, site, decision="approve", before=()):
        self._site, self._decision, self._before = site, decision, before
        self.pages = []
        self.link = ""
        self._thread = threading.Thread(target=self._decide)

    def __call__(self, link):
        self.link = link
        self._thread.start()
        return True

    def close(self):
        """Wait until the last page has come."""
        if self.link:
            self._thread.join()

    def _decide(self):
        address = decide(self.link, self._site, self._decision)
        for change in self._before:
            self.pages.append(requests.get(change(address), timeout=10))
        self.pages.append(requests.get(address, timeout=10))
