"""The documentation is true: commands and queries run, links lead somewhere, settings and messages exist."""

import ast
import json
import re
import subprocess
from functools import cache
from urllib.parse import urlsplit

import old_harvest
import pytest
from doc_pages import PAGES, ROOT, WORD, Page
from doc_project import Project
from doc_queries import answered
from long import LONG, WHOLE

from solaredge_simulator.fleet import HOME
from tools import schema_page
from tools.databases import KINDS
from tools.pipeline import BIN

READ = {page.name: page for page in map(Page, PAGES)}
WITH_QUERIES = [name for name, page in READ.items() if page.queries]
FIRST = {"README.md", "docs/install.md", "docs/home-owner.md"}
"""The pages that people follow first; `make proof-pages` runs the commands of the others too."""
WITH_COMMANDS = [n for n, page in READ.items() if page.commands and (n in FIRST or WHOLE)]
SETTINGS_OF = {"tap-solaredge": "TAP_SOLAREDGE_", "target-seh-sql": "TARGET_SEH_SQL_"}
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
OF_TODAY = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?|\d+,\d{3}|\d\.\d MB")
"""What the demo prints of the day on which it runs."""


def an_old_database(path):
    """Put there what SolarEdge Harvest left: a site, and a day of energy."""
    day = old_harvest.LONG_AGO.date()
    rows = {
        "sites": [{"id": HOME, "name": "Home", "timezone": "Europe/Amsterdam"}],
        "energy_readings": [{"site_id": HOME, "reading_date": day, "time_unit": "DAY", "energy_wh": 1.5}],
    }
    old_harvest.make(f"sqlite:///{path}", rows)


WORLDS = {
    "docs/home-owner.md": {"owner": True},
    "docs/from-v1-to-v2.md": {"v1": True},
    "docs/from-solaredge-harvest.md": {"old_rows": an_old_database},
}
"""What is different where these pages begin."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("docs"))


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_every_command_runs_and_prints_what_the_page_shows(name, project, record_property):
    commands = READ[name].commands
    with project.page(**WORLDS.get(name, {})) as run:
        said, code = run([command.text for command in commands])
    assert code == 0, f"$ {commands[len(said) - 1].text}\n{said[-1][-3000:]}"
    for command, text in zip(commands, said, strict=True):
        of_today = OF_TODAY if command.text == "make demo" else re.compile(r"(?!)")
        shown, printed = (of_today.sub("today's", each) for each in ("\n".join(command.output), text))
        assert is_shown(shown, printed), f"$ {command.text}\nshows\n{shown}\nand printed\n{printed}"
    record_property("commands", len(commands))


def is_shown(shown, printed):
    """Whether printed text has the shown lines, in order: `...` is anything, a space or time any other."""
    shown, printed = (TIME.sub("a-time", text) for text in (shown, printed))
    parts = [r"\s+".join(map(re.escape, part.split())) for part in shown.split("...")]
    return re.search(".*?".join(parts), printed, re.DOTALL) is not None


def test_output_that_differs_from_the_page_is_found():
    assert is_shown("a  b\n...\nd", "x\na b\nc\nd\n")
    assert not is_shown("a b\nc", "a b\nd\n")


@LONG
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", WITH_QUERIES)
def test_every_query_gives_what_the_page_shows(name, kind, filled, record_property):
    queries = READ[name].queries
    with filled(kind).connect() as connection:
        wrong = [(q, given) for q in queries if (given := answered(connection, q.of(kind))) != q.output]
    assert not wrong, "".join(f"{query.of(kind)}\ngives\n{given}\n" for query, given in wrong)
    assert all(len(query.output.splitlines()) > 2 for query in queries)  # names, a rule, and rows
    record_property(f"queries on {kind}", len(queries))


@pytest.mark.parametrize("name", READ)
def test_every_link_leads_somewhere(name, record_property):
    page = READ[name]
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme:
            assert (parts.scheme, "." in parts.netloc) == ("https", True), link
            continue
        path = (page.path.parent / parts.path).resolve() if parts.path else page.path
        assert path.exists(), f"{link}: no such file"
        if parts.fragment:
            assert parts.fragment in Page(path).anchors, f"{link}: no such heading"
    record_property("links", len(page.links))


@pytest.fixture(scope="module")
def settings():
    """The names of all settings, by the prefix of their environment variables."""
    found = {}
    for program, prefix in SETTINGS_OF.items():
        about = subprocess.run(
            [BIN / program, "--about", "--format=json"], capture_output=True, text=True, check=True
        )
        found[prefix] = set(json.loads(about.stdout)["settings"]["properties"])
    return found


@pytest.mark.parametrize("name", READ)
def test_every_setting_exists(name, settings, record_property):
    page = READ[name]
    variables = {prefix + setting.upper() for prefix, names in settings.items() for setting in names}
    assert page.variables <= variables
    known = set.union(*settings.values())
    assert page.words - known - names_in_the_code() == set()
    record_property("settings", len(page.variables) + len(page.words & known))


@cache
def names_in_the_code():
    """Return all words with an underscore in the code: tables, columns, keywords, values."""
    found = set()
    written = ("*/*/**/*.py", "*/*/**/*.sql", "deploy/dbt/**/*.yml", "meltano.yml")
    for path in (path for pattern in written for path in ROOT.glob(pattern)):
        if not any(part.startswith(".") for part in path.parts):
            found.update(WORD.findall(path.read_text()))
    return found


def test_every_make_target_exists(record_property):
    targets = set(re.findall(r"^([a-z0-9-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set()
    for page in READ.values():
        named |= set(re.findall(r"(?:`|^\$ |^)make ([a-z][a-z0-9-]*)", page.text, re.MULTILINE))
    assert named <= targets
    assert len(named) > 5
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make (\S+)", told, re.MULTILINE)) == targets
    record_property("make targets", len(named))


def messages_of_the_code():
    """Yield the texts in the code, with a mark for each value that is put in."""
    for package in ("tap-solaredge/tap_solaredge", "target-seh-sql/target_seh_sql"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield re.sub(r"%(?:\.\d+)?[a-z]", "\0", node.value)
                elif isinstance(node, ast.JoinedStr):
                    yield "".join(p.value if isinstance(p, ast.Constant) else "\0" for p in node.values)


def test_every_message_of_the_troubleshooting_page_is_one_of_the_programs(record_property):
    headings = re.findall(r"^### `(.*)`$", READ["docs/troubleshooting.md"].text, re.MULTILINE)
    texts = [text.replace("`", "") for text in messages_of_the_code()]
    for heading in headings:
        parts = [part.strip() for part in heading.split("...") if part.strip()]
        assert any(all(part in text for part in parts) for text in texts), heading
    assert len(headings) > 20
    record_property("messages", len(headings))


def test_the_schema_page_is_that_of_the_tables():
    assert READ["docs/schema.md"].text == schema_page.page(), "run `make schema`"
