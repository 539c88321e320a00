"""Where Kindred keeps things."""

from pathlib import Path

import pytest

from encoders.homes import cache_home, data_home


@pytest.mark.parametrize(("variable", "home"), [("KINDRED_HOME", data_home), ("KINDRED_CACHE", cache_home)])
def test_a_variable_moves_the_folder_and_an_empty_one_does_not(variable, home, tmp_path, monkeypatch):
    monkeypatch.setenv(variable, str(tmp_path / "there"))
    assert home() == tmp_path / "there"
    monkeypatch.setenv(variable, " ")
    assert home().name == "kindred"
    monkeypatch.setenv(variable, "~/somewhere")
    assert home() == Path.home() / "somewhere"
