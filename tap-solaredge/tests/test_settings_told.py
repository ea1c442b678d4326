"""Settings and variables that cannot be used: one line that names them, without a secret, before any call."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner

from solaredge_simulator.fleet import HOME
from tap_solaredge.errors import Unforeseen
from tap_solaredge.harvest.bookmarks import Bookmarks
from tap_solaredge.redaction import conceal, one_line
from tap_solaredge.tap import TapSolarEdge

from .owner import config_file, settings
from .test_bookmarks import NOW

PASSWORD = "s3cretpw"
COMMANDS = (["check-api"], ["login"], [])


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
    for name in (*names, *map(str.lower, names)):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def typed(caplog):
    """Return a function that runs the tap as typed, and returns exit code, last line and all it said."""

    def run(*arguments):
        caplog.clear()
        done = CliRunner().invoke(TapSolarEdge.cli, [*map(str, arguments)])
        lines = [record.getMessage() for record in caplog.records if record.levelname == "CRITICAL"]
        assert len(lines) <= 1
        return done.exit_code, "".join(lines), done.output + caplog.text

    return run


@pytest.fixture
def tell(tmp_path, typed):
    """Return a function that runs the tap as typed with these settings."""

    def run(*arguments, **config):
        path = tmp_path / "config.json"
        ours = {"api_key": "a-key", "request_retries": 0, "ledger_path": str(tmp_path / "l.db")}
        path.write_text(json.dumps(ours | config))
        return typed(*arguments, "--config", path)

    return run


@pytest.fixture
def owner(simulator, tmp_path):
    """Return a service and a folder of the owner of one site."""
    return simulator, tmp_path


# Secrets


@pytest.mark.parametrize("command", COMMANDS, ids=repr)
@pytest.mark.parametrize("name", ["api_url", "authorize_url", "redirect_url"])
def test_an_address_with_a_password_is_refused_and_the_password_is_not_shown(tell, command, name):
    code, line, said = tell(*command, **{name: f"http://user:{PASSWORD}@127.0.0.1:9/x"})
    assert (code, f"the setting {name} cannot be used: " in line) == (2, True)
    assert PASSWORD not in said


@pytest.mark.parametrize(
    "text", ["http://user:s3cretpw@host/x", "see https://s3cretpw@host", "a://u:s3cretpw@x@y"]
)
def test_user_name_and_password_of_an_address_are_masked_in_any_text(text):
    assert PASSWORD not in one_line(text)
    assert "://(redacted)@" in one_line(text)


@pytest.mark.parametrize("command", [["check-api"], []], ids=repr)
@pytest.mark.parametrize("token", ["access_token", "refresh_token", "previous_refresh_token"])
@pytest.mark.parametrize("odd", ["s3cr\netAccess", "s3cr\x01etAccess", "s3cr\u00e9tAccess"])
def test_a_token_that_no_request_can_carry_is_one_line_before_the_first_call(
    owner, typed, command, token, odd
):
    simulator, tmp_path = owner
    config = settings(simulator, tmp_path, request_retries=0)
    grant = {"client_id": config["client_id"], "site_id": HOME, "refresh_token": "r-token", token: odd}
    (tmp_path / "state").mkdir()
    file = tmp_path / "state" / "tokens.json"
    file.write_text(json.dumps({"grants": [grant | {"renew_at": "2100-01-01T00:00:00Z"}]}))
    file.chmod(0o600)
    path = config_file(tmp_path, config)
    code, line, said = typed(*command, "--config", path)
    assert (code, f"site {HOME}" in line, "log in again" in line) == (1, True, True)
    assert "tAccess" not in said
    assert not simulator.calls


@pytest.mark.parametrize("secret", ["s3cr\netAccess", "s3cr\x01et\u2028Access", "it\"s\\a 'secret'"])
@pytest.mark.parametrize(
    "shown",
    [str, repr, lambda text: repr(text.encode()), json.dumps, one_line],
    ids=["text", "repr", "bytes", "json", "line"],
)
def test_a_secret_is_masked_however_python_writes_it(secret, shown):
    conceal.add([secret])
    text = shown(secret)
    for part in ("etAccess", "Access", "secret"):
        assert part not in one_line(f"Invalid header value {text}")


def test_an_error_text_reaches_the_state_without_secrets():
    conceal.add(["s3cr\netAccess"])
    bookmarks = Bookmarks({})
    told = Unforeseen(ValueError("Invalid header value " + repr(b"Bearer s3cr\netAccess")))
    bookmarks.finish("power_readings", 1, NOW, "error", str(told))
    assert "etAccess" not in bookmarks.noted("power_readings", 1, "error_message")
    bookmarks.finish("power_readings", 1, NOW, "error", "no s3cr\netAccess")
    assert bookmarks.noted("power_readings", 1, "error_message") == "no (redacted)"


def test_a_text_is_cut_after_its_secrets_were_masked():
    conceal.add(["a-very-long-secret-of-this-run"])
    told = str(Unforeseen(ValueError("." * 180 + " a-very-long-secret-of-this-run")))
    assert "a-very" not in told


def test_a_key_with_half_a_letter_is_a_wrong_setting(tell):
    code, line, _ = tell("check-api", api_key="half \ud83d a letter")
    assert (code, "`api_key` holds a character" in line) == (2, True)


# Addresses, certificates, proxies


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("api_url", "http://monitoringapi..solaredge.com"),
        ("api_url", f"http://{'a' * 64}.com"),
        ("api_url", "http://127.0.0.1:99999"),
        ("api_url", "http://127.0.0.1:abc"),
        ("api_url", "http://[::1"),
        ("redirect_url", "http://127.0.0.1:99999/callback"),
        ("redirect_url", "http://127.0.0.1:abc/callback"),
        ("redirect_url", "http://[::1/callback"),
        ("authorize_url", "http://[::1"),
    ],
)
@pytest.mark.parametrize("command", [["login"], []], ids=repr)
def test_an_address_that_nothing_can_reach_is_a_wrong_setting(tell, command, name, address):
    key = {"api_key": None, "client_id": "c", "client_secret": "s"} if command else {}
    code, line, _ = tell(*command, **key | {name: address})
    assert (code, f"the setting {name} cannot be used: " in line) == (2, True)


def test_an_address_that_only_requests_refuses_is_a_wrong_setting(tell):
    code, line, _ = tell("check-api", api_url="http://*.solaredge.com")
    assert (code, "check `api_url`" in line) == (2, True)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_that_are_not_there_name_their_variable(tell, monkeypatch, variable):
    monkeypatch.setenv(variable, "/nonexistent.pem")
    code, line, _ = tell("check-api", api_url="https://127.0.0.1:9")
    assert (code, f"{variable} names /nonexistent.pem" in line) == (2, True)


@pytest.mark.parametrize(
    ("variable", "proxy", "shown"),
    [
        ("ALL_PROXY", "socks5://user:s3cretpw@127.0.0.1:9", "socks5://127.0.0.1:9"),
        ("HTTPS_PROXY", "foo bar", "foo bar"),
        ("HTTPS_PROXY", "http://[::1", "http://[::1"),
        ("HTTPS_PROXY", "http://user:s3cretpw@foo..bar:9", "http://foo..bar:9"),
        ("HTTPS_PROXY", "http://user:s3cretpw@127.0.0.1:99999", "http://127.0.0.1:99999"),
        ("HTTPS_PROXY", "ftp://user:s3cretpw@127.0.0.1:9", "ftp://127.0.0.1:9"),
        ("HTTPS_PROXY", "http://", "http://"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_and_not_tried_again(tell, monkeypatch, variable, proxy, shown):
    monkeypatch.setenv(variable, proxy)
    code, line, said = tell(api_url="https://solaredge.invalid", request_retries=5)
    assert (code, f"the proxy {shown} of the environment" in line) == (2, True)
    assert variable in line
    assert "trying again" not in said
    assert PASSWORD not in said


def test_a_proxy_that_does_not_answer_is_named_without_its_password(tell, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://user:s3cretpw@127.0.0.1:9")
    code, line, said = tell("check-api", api_url="https://solaredge.invalid")
    assert (code, "the proxy http://127.0.0.1:9 refused (Connection refused)" in line) == (1, True)
    assert PASSWORD not in said


def test_a_proxy_that_wants_a_password_is_told(tell, monkeypatch):
    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self):
            self.send_error(407)

    with HTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_port}")
        code, line, _ = tell(api_url="https://solaredge.invalid", request_retries=0)
        proxy.shutdown()
    assert (code, "refused (407 Proxy Authentication Required); check" in line) == (1, True)


# The token file


@pytest.mark.parametrize("field", ["renew_at", "refreshed_at", "until"])
@pytest.mark.parametrize("time", ["2026-11-20T12:00:00", "9999-12-31T23:00:00Z", "0001-01-01T00:00:00Z"])
@pytest.mark.parametrize("command", ["whoami", "check-api"])
def test_a_token_file_with_a_time_that_none_is_is_named(tmp_path, typed, field, time, command):
    file = tmp_path / "tokens.json"
    grant = {"client_id": "c", "site_id": HOME, "refresh_token": "a-token", field: time}
    file.write_text(json.dumps({"grants": [grant]}))
    file.chmod(0o600)
    config = {"client_id": "c", "client_secret": "s", "token_file": str(file)}
    (tmp_path / "tap.json").write_text(json.dumps(config | {"ledger_path": str(tmp_path / "l.db")}))
    code, line, _ = typed(command, "--config", tmp_path / "tap.json")
    assert (code, str(file) in line, "is not a token file" in line) == (2, True, True)


@pytest.mark.parametrize("command", ["whoami", "check-api"])
def test_a_token_file_that_is_a_folder_is_told_as_what_it_is(tmp_path, typed, command):
    config = {"client_id": "c", "client_secret": "s", "token_file": str(tmp_path)}
    (tmp_path / "tap.json").write_text(json.dumps(config | {"ledger_path": str(tmp_path / "l.db")}))
    code, line, _ = typed(command, "--config", tmp_path / "tap.json")
    assert (code, "chmod" in line) == (2, False)
    assert "Is a directory" in line
