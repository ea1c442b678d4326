"""Names and texts come from outside: they send nothing to a terminal, and forge no line of the log."""

import json
import logging

import pytest
from click.testing import CliRunner

from solaredge_simulator.fleet import HOME
from tap_solaredge.redaction import conceal_logs, one_line, printable
from tap_solaredge.tap import TapSolarEdge

from .client_alone import client, problem
from .owner import grant_access, settings
from .strange_service import StrangeService, answer

__all__ = ["client"]

FORGED = "\n2026-11-20 12:00:00,000 | INFO     | tap-solaredge | all is well"
NASTY = {
    "line break": f"Roof{FORGED}",
    "carriage return": "Roof\rHome",
    "other line ends": "Roof\x0b\x0c\x1c\x85\u2028\u2029Home",
    "colours": "\x1b[31mRoof\x1b[0m",
    "clears the screen": "\x1b[2J\x1b[HRoof",
    "title of the window": "\x1b]0;owned\x07Roof",
    "one character instead of two": "\x9b31mRoof",
    "backspaces": "Roof\x08\x08\x08\x08Home",
    "NUL": "Ro\x00of",
    "turned around": "Roof \u202egnp.exe",
    "half a character": "Roof \ud83d",
}


@pytest.fixture
def logged():
    """Return a logger, and what its handler printed."""
    conceal_logs()
    lines, log = [], logging.getLogger("test_lines")
    handler = logging.Handler()
    handler.setFormatter(logging.Formatter("%(levelname)s | %(message)s"))
    handler.emit = lambda record: lines.append(handler.format(record))
    log.addHandler(handler)
    yield log, lines
    log.removeHandler(handler)


@pytest.mark.parametrize("name", NASTY.values(), ids=NASTY)
def test_a_name_stays_in_its_line_of_the_log(logged, name):
    log, lines = logged
    log.warning("site %s (%s)", 1, name)
    log.warning(f"site 1 ({name})".replace("%", ""))
    assert lines == [f"WARNING | site 1 ({printable(name)})"] * 2
    assert lines[0].isprintable()


@pytest.mark.parametrize("name", NASTY.values(), ids=NASTY)
def test_a_name_in_a_traceback_begins_no_line(logged, name):
    log, lines = logged
    error = ValueError(name)
    log.error("site 1", exc_info=error)
    first, second, *rest = lines[0].split("\n")
    assert (first, second[:10]) == ("ERROR | site 1", "ValueError")
    assert all(line.startswith("  ") for line in rest)
    assert all(line.isprintable() for line in rest)


def test_common_names_are_left_as_they_are():
    for name in ("Tetto «Città d'Arte»", "屋根", "דירה", "Rooftop 🏠", "a\u00a0b"):
        assert printable(name) == name


def test_escapes_say_what_was_there():
    assert one_line("a\n\x1b[2J\u202e\x9b") == "a\\n\\x1b[2J\\u202e\\x9b"


@pytest.mark.parametrize("name", [name for name in NASTY.values() if "\ud83d" not in name], ids=str)
@pytest.mark.parametrize("kind", ["application/json", "text/html", "text/plain"])
def test_texts_of_the_service_are_one_line_in_every_message(client, name, kind):
    body = json.dumps({"detail": name}) if kind.endswith("json") else f"<title>{name}</title>"
    with StrangeService(answer("503 Unavailable", body.encode(), kind)) as service:
        assert str(problem(client(service.url))).isprintable()


@pytest.mark.parametrize("name", NASTY.values(), ids=NASTY)
def test_commands_print_names_in_one_line(simulator, tmp_path, name):
    values = settings(simulator, tmp_path)
    grant_access(simulator, tmp_path / "state" / "tokens.json", HOME, scopes=(name.replace("\ud83d", ""),))
    config = tmp_path / "tap.json"
    config.write_text(json.dumps({key: value for key, value in values.items() if value}))
    done = CliRunner().invoke(TapSolarEdge.cli, ["whoami", "--config", str(config)])
    assert done.exit_code == 0, done.output
    assert len(done.output.splitlines()) == 2
    assert all(line.isprintable() for line in done.output.splitlines())


@pytest.mark.parametrize("name", [name for name in NASTY.values() if "\ud83d" not in name], ids=str)
def test_check_api_prints_names_of_sites_in_one_line(tmp_path, name):
    site = {"id": 1, "siteId": 1, "name": name, "status": "ACTIVE", "activationStatus": "ACTIVE"}
    listed = json.dumps({"sites": {"site": [site], "count": 1}}).encode()
    with StrangeService(
        lambda request: answer(body=listed if " /v2/sites?" in request else b"{}")
    ) as service:
        config = tmp_path / "tap.json"
        values = {"api_url": service.url, "api_key": "fleet-key", "ledger_path": str(tmp_path / "ledger.db")}
        config.write_text(json.dumps(values))
        done = CliRunner().invoke(TapSolarEdge.cli, ["check-api", "--config", str(config)])
    assert sum(line.startswith("  1: ") for line in done.output.splitlines()) == 1, done.output
    assert all(line.isprintable() for line in done.output.rstrip("\n").split("\n"))


def test_an_account_key_is_taken_and_no_longer_sent(run_tap, simulator, caplog):
    with StrangeService(answer(body=json.dumps({"sites": {"site": [], "count": 0}}).encode())) as service:
        run_tap(simulator, api_url=service.url, account_key="key-of-the-beta")
        assert service.requests
        assert not any("key-of-the-beta" in request for request in service.requests)
    lines = [record.getMessage() for record in caplog.records if "account_key" in record.getMessage()]
    assert lines == ["`account_key` is no longer needed: the service does not look at it; leave it out"]
