"""A fleet in shards: every site in one of them, and all in one database."""

import subprocess
from pathlib import Path

import pytest

from tools.databases import empty_database
from tools.shards import FIRST_DAY, NOW, Shards

SCRIPT = Path(__file__).parents[1] / "deploy/shard.sh"


@pytest.fixture
def database(tmp_path):
    with empty_database("postgresql", tmp_path) as url:
        yield url


def test_two_shards_at_once_fill_one_database_with_the_truth(start_simulator, database, tmp_path):
    simulator = start_simulator(now=NOW, extra=1, first_day=FIRST_DAY)
    shards = Shards(tmp_path, simulator, database, 2)
    used = shards.run()
    assert [took.code for took in used] == [0, 0], shards.log(0) + shards.log(1)
    different, equal = shards.differences()
    assert different == []
    assert equal > 10_000
    states = sorted(path.name for path in (tmp_path / "state").iterdir())
    assert states == [f"prod:tap-solaredge-to-target-seh-sql:shard-{shard}" for shard in (0, 1)]


def dealt(sites, shard, shards):
    """Return what shard.sh gives to a shard, and what it complains about."""
    command = ["sh", SCRIPT, sites, str(shard), str(shards), "printenv", "TAP_SOLAREDGE_SITE_IDS"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip(), done.returncode, done.stderr.strip()


def test_each_site_is_in_one_shard_and_a_new_one_moves_no_other(tmp_path):
    sites = tmp_path / "sites.txt"
    sites.write_text("11\n12\n\n13\n14\n")
    assert [dealt(sites, shard, 3)[0] for shard in range(3)] == ["[11,14]", "[12]", "[13]"]
    sites.write_text(sites.read_text() + "15\n")
    assert [dealt(sites, shard, 3)[0] for shard in range(3)] == ["[11,14]", "[12,15]", "[13]"]


def test_a_shard_without_sites_does_not_run_for_all_sites(tmp_path):
    sites = tmp_path / "sites.txt"
    sites.write_text("11\n12\n")
    assert dealt(sites, 2, 3) == ("", 1, f"shard 2 of 3 has no site: {sites} is too short")
