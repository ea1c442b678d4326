"""The rights that docs/databases.md gives are enough, and a harvest with them fills the tables."""

import os
import re

import pytest
from doc_pages import ROOT, Page
from sqlalchemy import make_url, text

from solaredge_simulator.fleet import HOME
from target_seh_sql.database import connected
from target_seh_sql.status.tables import overview
from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.schema import existing
from tools.databases import SERVERS, server
from tools.pipeline import Pipeline

DROP = {
    "postgresql": ("DROP DATABASE {0} WITH (FORCE)", "DROP ROLE {1}"),
    "mariadb": ("DROP DATABASE {0}", "DROP USER {1}"),
}


@pytest.fixture(params=DROP)
def url_of_a_new_user(request):
    """Do what the page says, with other names; give the address of the new user's database."""
    kind = request.param
    names = {"solar": f"seh_solar_{os.getpid()}", "harvest": f"seh_harvest_{os.getpid()}"}
    with server(kind) as admin:
        for statement in Page(ROOT / "docs/databases.md").statements(kind):
            admin.execute(text(re.sub(r"\b(solar|harvest)\b", lambda name: names[name[0]], statement)))
        url = make_url(SERVERS[kind])
        url = url.set(username=names["harvest"], password="secret", database=names["solar"])
        yield url.render_as_string(hide_password=False)
        for statement in DROP[kind]:
            admin.execute(text(statement.format(names["solar"], names["harvest"])))


def test_a_user_with_the_rights_of_the_page_harvests(url_of_a_new_user, simulator, tmp_path):
    Pipeline(tmp_path, simulator, url_of_a_new_user).run(site_ids=[HOME])
    with connected(url_of_a_new_user) as connection:
        found = overview(connection, existing(connection, all_tables()))
    rows = {table.table: table.rows for table in found}
    assert rows == {
        "sites": 1, "equipment": 25, "batteries": 1, "meters": 3, "energy_readings": 366,
        "power_readings": 672, "power_flows": 672, "meter_readings": 1344,
        "battery_readings": 672, "energy_totals": 12, "sync_metadata": 10,
    }  # fmt: skip
