"""Networks of behaviour: they learn, a killed training goes on, and what is exported is what was trained."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from encoders.behaviour import BehaviourNetwork
from encoders.errors import ParityError, TrainingError
from encoders.export.behaviour import export_network, prove_network
from encoders.nets.threads import one_thread
from encoders.training.behaviour.networks import Bought, NetworkRecipe, projected, train_network

ITEMS, LENGTH = 12, 8


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    """One thread: on a busy machine several wait for one another far longer than they work."""
    with one_thread():
        yield


def bought() -> Bought:
    """Customers who buy the next number each time, of one of two circles of six."""
    chance = np.random.default_rng(0)
    found = []
    for customer in range(80):
        start = int(chance.integers(0, 6))
        found.append(np.array([(start + step) % 6 + 6 * (customer % 2) for step in range(7)]))
    return Bought(found, ITEMS)


def recipe(kind: str, epochs: int = 12) -> NetworkRecipe:
    return NetworkRecipe(kind, width=16, epochs=epochs, rate=0.02, batch=16, length=LENGTH, dropout=0.0)


@pytest.mark.parametrize("kind", ["gru", "sasrec", "vae"])
def test_what_is_exported_scores_as_what_was_trained(kind: str, tmp_path: Path) -> None:
    data = bought()
    net = train_network(data, recipe(kind))
    export_network(net, tmp_path, items=ITEMS, length=LENGTH)
    parity = prove_network(net, tmp_path, data.sequences[:20], ITEMS)
    assert parity["overlap_at_10"] >= 0.99
    assert parity["largest_difference"] < 1e-3
    served = BehaviourNetwork(tmp_path, ITEMS)
    history = np.array([0, 1, 2])
    scores = served.scores(history)
    assert scores.shape == (ITEMS,)
    assert scores[:6].mean() > scores[6:].mean()  # its own circle
    if kind != "vae":  # a set has no order
        assert int(scores.argmax()) == 3
    assert served.scores(np.array([], int)).shape == (ITEMS,)


def test_a_damaged_export_does_not_pass_the_gate(tmp_path: Path) -> None:
    data = bought()
    net = train_network(data, recipe("gru", epochs=2))
    export_network(net, tmp_path, items=ITEMS, length=LENGTH)
    with torch.no_grad():
        net.bias += torch.randn(ITEMS)
    with pytest.raises(ParityError, match="differs from its original"):
        prove_network(net, tmp_path, data.sequences[:20], ITEMS)


def test_a_killed_training_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    data, whole = bought(), recipe("gru", epochs=4)

    class KilledError(Exception):
        pass

    def kill(epoch: int, of: int, loss: float) -> None:
        if epoch == 2:
            raise KilledError

    with pytest.raises(KilledError):
        train_network(data, whole, tmp_path, kill)
    epochs: list[int] = []
    resumed = train_network(data, whole, tmp_path, lambda epoch, of, loss: epochs.append(epoch))
    assert epochs == [3, 4]
    straight = train_network(data, whole)
    for one, two in zip(resumed.state_dict().values(), straight.state_dict().values(), strict=True):
        torch.testing.assert_close(one, two)


@pytest.mark.parametrize("kind", ["gru", "sasrec"])
def test_a_network_over_sequences_begins_from_what_products_are(kind: str, tmp_path: Path) -> None:
    contents = np.random.default_rng(1).normal(size=(ITEMS, 20)).astype(np.float32)
    data = Bought(bought().sequences, ITEMS, contents)
    net = train_network(data, recipe(kind, epochs=0))
    torch.testing.assert_close(net.embedding.weight[1:].detach(), projected(contents, 16))
    train_network(data, recipe(kind, epochs=1), tmp_path)
    train_network(Bought(data.sequences, ITEMS, contents[::-1]), recipe(kind, epochs=1), tmp_path)
    assert len(list(tmp_path.glob("*.pt"))) == 2, "other products are another training"


def test_a_graph_learns_its_circles() -> None:
    net = train_network(bought(), recipe("lightgcn", epochs=6))
    with torch.no_grad():
        _, items = net()
    alike = torch.nn.functional.normalize(items, dim=1) @ torch.nn.functional.normalize(items, dim=1).T
    assert alike[:6, :6].mean() > alike[:6, 6:].mean()


def test_training_ends_when_it_is_said_to_be_enough() -> None:
    seen: list[tuple[int, bool]] = []

    def enough(net: torch.nn.Module, epoch: int) -> bool:
        seen.append((epoch, net.training))
        return epoch == 2

    train_network(bought(), recipe("gru", epochs=5), enough=enough)
    assert seen == [(1, False), (2, False)]


def test_what_cannot_be_trained_is_refused() -> None:
    with pytest.raises(TrainingError, match="is no network of behaviour"):
        train_network(bought(), recipe("magic"))
    with pytest.raises(TrainingError, match="nothing to learn from"):
        train_network(Bought([np.array([1])], ITEMS), recipe("gru"))
