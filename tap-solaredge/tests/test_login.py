"""`login`, `logout`, `whoami`: what an owner does once."""

import re
import socket
import stat
import struct
import webbrowser
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest
import requests
from click.testing import CliRunner

from solaredge_simulator.fleet import HOME, ROOF
from tap_solaredge.clock import Clock
from tap_solaredge.commands.whoami import whoami
from tap_solaredge.errors import ConfigError, NotAuthorized
from tap_solaredge.login import redirect
from tap_solaredge.login.credentials import credential
from tap_solaredge.tap import TapSolarEdge

from .conftest import SimulatorClock
from .owner import CLIENT, SECRET, Browser, config_file, decide, grant_access, grants, settings


@pytest.fixture
def command(simulator, tmp_path, monkeypatch):
    """Return a function that runs a command as typed."""

    def run(*arguments, browser=None, typed=None, **more):
        path = tmp_path / "tap.json"
        if not path.exists() or more:
            config_file(tmp_path, settings(simulator, tmp_path, **more))
        if browser:
            monkeypatch.setattr(webbrowser, "open", browser)
        name, *options = arguments
        done = CliRunner().invoke(TapSolarEdge.cli, [name, "--config", str(path), *options], input=typed)
        if browser:
            browser.close()
        return done

    return run


def test_a_login_in_the_browser_stores_the_grant_of_the_site(command, tmp_path):
    browser = Browser(HOME)
    done = command("login", browser=browser)
    assert done.exit_code == 0, done.output
    assert f"Logged in: site {HOME}, scopes SITE_DATA DEVICE_DATA, until 2028-11-20." in done.output
    assert "Logged in" in browser.pages[-1].text
    file = tmp_path / "state" / "tokens.json"
    grant = grants(file)[HOME]
    assert (grant.client_id, grant.scopes) == (CLIENT, ["SITE_DATA", "DEVICE_DATA"])
    assert (
        f"{grant.until:%Y-%m-%d %H:%M} {grant.renew_at:%Y-%m-%d %H:%M}" == "2028-11-20 12:05 2026-11-20 14:00"
    )
    for secret in (*grant.secrets(), SECRET):
        assert secret is None or secret not in done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not list(file.parent.glob("*.new"))


def test_the_link_asks_for_both_scopes_and_two_years(command):
    browser = Browser(HOME)
    command("login", browser=browser)
    assert re.search(
        r"client_id=demo-client&redirect_uri=http%3A%2F%2F127.0.0.1%3A\d+%2Fcallback", browser.link
    )
    assert "&scope=SITE_DATA+DEVICE_DATA&access_duration=24&external_id=" in browser.link
    assert SECRET not in browser.link


def test_less_can_be_asked_for(command, tmp_path):
    done = command("login", "--months", "3", "--scope", "SITE_DATA", browser=Browser(HOME))
    assert f"site {HOME}, scopes SITE_DATA, until 2027-02-20." in done.output
    assert grants(tmp_path / "state" / "tokens.json")[HOME].scopes == ["SITE_DATA"]


def test_a_refusal_is_told_in_both_places_and_changes_nothing(command, tmp_path, caplog):
    browser = Browser(HOME, "refuse")
    done = command("login", browser=browser)
    assert done.exit_code == 1
    assert "Access was not given: The owner refused access" in caplog.text
    assert "The owner refused access" in browser.pages[-1].text
    assert not (tmp_path / "state" / "tokens.json").exists()


def test_a_redirect_of_another_login_is_turned_away_and_the_right_one_still_counts(command):
    other = Browser(HOME, before=[lambda url: re.sub("external_id=[^&]*", "external_id=other", url)])
    done = command("login", browser=other)
    assert [page.status_code for page in other.pages] == [400, 200]
    assert f"Logged in: site {HOME}" in done.output


def test_other_paths_hold_nothing(command):
    browser = Browser(HOME, before=[lambda url: url.replace("/callback", "/favicon.ico")])
    assert command("login", browser=browser).exit_code == 0
    assert [page.status_code for page in browser.pages] == [404, 200]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("code=c&site_id=1&external_id=other", "does not belong to this login"),
        ("code=c&site_id=1", "does not belong to this login"),
        ("code=c&site_id=1&external_id=n&state=other", "does not belong to this login"),
        ("error=access_denied&external_id=other", "does not belong to this login"),
        ("site_id=1&external_id=n", "holds no code"),
        ("error=access_denied", r"does not belong .* \(Access was not given: access_denied\)"),
        ("error=access_denied&external_id=n&state=other", "does not belong to this login"),
        ("error=access_denied&state=n", "^Access was not given: access_denied"),
        ("error=access_denied&external_id=n&error_description=a%0Ab%1B[2J", r"given: a\\nb\\x1b\[2J$"),
        ("error=invalid_scope&external_id=n", "request less with --scope"),
    ],
)
def test_a_redirect_that_is_none(query, told):
    with pytest.raises((redirect.NotThisLogin, NotAuthorized), match=told):
        redirect.read(f"http://127.0.0.1:8765/callback?{query}", "n")


@pytest.mark.parametrize(
    "query", ["error=access_denied", "error=server_error&state=other", "code=c&state=other"]
)
def test_a_stray_redirect_does_not_end_the_login(command, query):
    browser = Browser(HOME, before=[lambda url: f"{url.partition('?')[0]}?{query}"])
    done = command("login", browser=browser)
    assert [page.status_code for page in browser.pages] == [400, 200]
    assert f"Logged in: site {HOME}" in done.output


def test_idle_connections_do_not_keep_the_login_from_its_end(command):
    idle = []

    def connect(url):
        for said in (b"", b"GET /callback?co", b"nonsense\r\n\r\n"):
            idle.append(socket.create_connection(("127.0.0.1", urlsplit(url).port)))
            idle[-1].sendall(said)
        return url.replace("/callback", "/favicon.ico")

    browser = Browser(HOME, before=[connect])
    done = command("login", browser=browser)
    for each in idle:
        each.close()
    assert [page.status_code for page in browser.pages] == [404, 200]
    assert f"Logged in: site {HOME}" in done.output


def test_a_browser_that_is_gone_when_the_page_comes_has_still_logged_in(command):
    class Gone(Browser):
        def _decide(self):
            address = urlsplit(decide(self.link, HOME))
            with socket.create_connection((address.hostname, address.port)) as connection:
                connection.sendall(f"GET {address.path}?{address.query} HTTP/1.0\r\n\r\n".encode())
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert f"Logged in: site {HOME}" in command("login", browser=Gone(HOME)).output


def test_an_address_that_is_none_is_told():
    with pytest.raises(redirect.NotThisLogin, match="This is no address"):
        redirect.read("http://[::1?code=c", "n")


def test_the_code_is_not_spent_where_the_tokens_cannot_be_kept(command, simulator, tmp_path, caplog):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "tokens.json.lock").mkdir()
    done = command("login", browser=Browser(HOME))
    assert done.exit_code == 2
    assert "cannot be written" in caplog.text
    assert not [call for call in simulator.calls if call.path.endswith("/token")]


def test_state_may_be_absent():
    found = redirect.read(" http://127.0.0.1:8765/callback?code=c&site_id=7&external_id=n\n", "n")
    assert found == ("c", 7)


def test_the_address_can_be_pasted_where_no_browser_is(command, monkeypatch, tmp_path):
    def paste(text, **_):
        return decide(shown[0], HOME)

    shown, echo = [], click.echo

    def note(message="", **options):
        shown.extend(re.findall(r"http\S+/authorize\S+", str(message)))
        echo(message, **options)

    monkeypatch.setattr(click, "prompt", paste)
    monkeypatch.setattr(click, "echo", note)
    done = command("login", "--paste")
    assert f"Logged in: site {HOME}" in done.output
    assert HOME in grants(tmp_path / "state" / "tokens.json")


def test_a_wrong_paste_is_told(command, caplog):
    done = command("login", "--paste", typed="http://127.0.0.1:8765/callback?code=c\n")
    assert done.exit_code == 1
    assert "does not belong to this login" in caplog.text
    assert "paste it here:\nhttp" in done.output  # a whole line before the wait: Meltano shows no part of one


def test_a_port_in_use_is_told_with_the_way_out(command, simulator, caplog):
    done = command("login", redirect_url=f"{simulator.url}/callback", browser=Browser(HOME))
    assert done.exit_code == 2
    assert "set `redirect_url` to a free port" in caplog.text
    assert "--paste" in caplog.text


def test_a_wrong_client_secret_is_told(command, caplog):
    done = command("login", browser=Browser(HOME), client_secret="wrong-secret-123")
    assert done.exit_code == 2
    assert "Check `client_id` and `client_secret`" in caplog.text
    assert "wrong-secret-123" not in caplog.text + done.output


def test_several_homes_share_a_file_and_leave_one_by_one(command, simulator, tmp_path):
    command("login", browser=Browser(HOME))
    command("login", browser=Browser(ROOF))
    file = tmp_path / "state" / "tokens.json"
    roof = grants(file)[ROOF]
    assert set(grants(file)) == {HOME, ROOF}
    done = command("logout", "--site", str(ROOF))
    assert done.output == f"Logged out: site {ROOF}; the service was told.\n"
    assert set(grants(file)) == {HOME}
    answer = requests.get(
        f"{simulator.url}/v2/sites/{ROOF}",
        headers={"Authorization": f"Bearer {roof.access_token}"}, timeout=10,
    )  # fmt: skip
    assert answer.status_code == 401
    assert command("logout").output == f"Logged out: site {HOME}; the service was told.\n"
    assert grants(file) == {}


def test_a_logout_without_network_still_forgets(command, simulator, tmp_path):
    command("login", browser=Browser(HOME))
    simulator.fault(kind="reset_before", path="*/revoke-token")
    assert "the service could not be told" in command("logout").output
    assert grants(tmp_path / "state" / "tokens.json") == {}


def test_whoami_shows_sites_scopes_and_days_but_no_secret(simulator, tmp_path, capsys):
    values = settings(simulator, tmp_path)
    file = Path(values["token_file"])
    grant_access(simulator, file, ROOF, scopes=["SITE_DATA"])
    grant_access(simulator, file, HOME, known=False)
    tap = TapSolarEdge(config=values, clock=SimulatorClock(simulator))
    whoami.main([], obj=lambda _: tap, standalone_mode=False)
    unused = "a run is needed by 2026-12-20 (30 days left)"
    assert capsys.readouterr().out.splitlines() == [
        f"Application {CLIENT}, tokens in {file}",
        f"site {HOME}: scopes unknown; end of the permission unknown; {unused}",
        f"site {ROOF}: SITE_DATA; end of the permission unknown; {unused}",
    ]
    assert len(simulator.calls) == 0


def test_whoami_of_a_fleet_and_of_nobody(command, caplog):
    assert "A fleet key" in command("whoami", api_key="k-1234", client_id=None, client_secret=None).output
    done = command("whoami", api_key=None)
    assert done.exit_code == 1
    assert "Nobody has logged in yet: run `tap-solaredge login`" in caplog.text


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {},
            "No credential: set `api_key` .*, or `client_id` and .* run `tap-solaredge login`",
        ),
        ({"api_key": "k", "client_id": "c"}, "Two credentials: set either `api_key` .* not both"),
        ({"api_key": "k", "refresh_token": "r"}, "Two credentials"),
        ({"client_id": "c"}, "`client_secret` is missing"),
        ({"client_secret": "s"}, "`client_id` is missing"),
        ({"refresh_token": "r"}, "`client_id` is missing"),
        ({"client_id": "c", "client_secret": "s\u2003t"}, "`client_secret` holds a character"),
    ],
    ids=["none", "two", "key and token", "no secret", "no client", "token alone", "strange character"],
)
def test_exactly_one_credential(given, told):
    with pytest.raises(ConfigError, match=told):
        credential(given, Clock())
