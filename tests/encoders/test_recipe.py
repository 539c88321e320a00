"""Exported models that are kept for tests and benchmarks."""

import os
from pathlib import Path

import pytest

from encoders.export.recipe import KEPT, cached_store


def test_only_the_stores_that_were_used_last_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRED_CACHE", str(tmp_path))
    stores = [tmp_path / "exported-models" / f"{number:016x}" for number in range(KEPT + 2)]
    for age, store in enumerate(reversed(stores)):
        (store / "a-model").mkdir(parents=True)
        store.with_name(f"{store.name}.lock").touch()
        os.utime(store, (1e9 - age, 1e9 - age))
    root = cached_store(()).root
    there = sorted(one for one in (tmp_path / "exported-models").iterdir() if one.is_dir())
    assert there == sorted([*stores[-KEPT + 1 :], root])
    assert {one.stem for one in root.parent.glob("*.lock")} == {one.name for one in there}
