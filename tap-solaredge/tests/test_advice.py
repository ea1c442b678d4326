"""Advice names the command that the user has."""

import pytest

from tap_solaredge.errors import ConfigError
from tap_solaredge.login.credentials import check_credential
from tap_solaredge.login.grants import TokenFile


@pytest.fixture(params=["by itself", "under Meltano"])
def login(request, monkeypatch):
    monkeypatch.delenv("MELTANO_PROJECT_ROOT", raising=False)
    if request.param == "by itself":
        return "`tap-solaredge login`"
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", "/srv/solar")
    return "`meltano invoke tap-solaredge:login`"


def test_a_missing_credential_names_the_login_that_the_user_has(login):
    with pytest.raises(ConfigError, match=login):
        check_credential({"api_version": "v2"})


def test_a_damaged_token_file_names_the_login_that_the_user_has(login, tmp_path):
    (tmp_path / "tokens.json").write_text("{")
    (tmp_path / "tokens.json").chmod(0o600)
    with pytest.raises(ConfigError, match=login):
        TokenFile(tmp_path / "tokens.json").read()
