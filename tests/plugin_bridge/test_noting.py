"""Trainings that learn from a folder leave a record, named by what went into them."""

from pathlib import Path

from encoders.store import ModelStore
from plugin_bridge.experiments import data_hash, find, listed, note
from tests.fixtures.tiny_models import TINY_TEXT


def test_a_training_is_noted_by_its_data_and_settings(tmp_path: Path, bridge_store: ModelStore) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "train.tsv").write_text("a.jpg\tApple\n")
    before = data_hash(data)
    (data / "a.jpg").write_bytes(b"not looked at")
    assert data_hash(data) == before
    card = bridge_store.card(TINY_TEXT)

    def noted(seed: int) -> str:
        more = {"data": data_hash(data), "base": "b", "settings": {"seed": seed}, "figures": {"val_score": 0.5}}
        return note(tmp_path, "images", [card], seconds=1.234, **more).id  # type: ignore[arg-type]

    first = noted(1)
    assert noted(1) == first != noted(2)
    (data / "train.tsv").write_text("a.jpg\tPear\n")
    assert noted(1) != first
    assert len(listed(tmp_path)) == 3
    found = find(tmp_path, first)
    assert found is not None
    assert (found.model, found.seconds, found.models) == (TINY_TEXT, 1.2, {TINY_TEXT: card.fingerprint})
