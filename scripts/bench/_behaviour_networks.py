"""Trains the networks of behaviour for the benchmark, each ended by customers that it never saw.

One customer in ten of the training rows is kept out. After each epoch their first order after an earlier day is
recommended from what lay before it; the network is the one of the best epoch, and training ends when it has not got
better for a while. Nothing of the test is looked at.
"""

import copy
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from _common import say

from plugin_bridge.behaviour import metrics
from plugin_bridge.behaviour.evaluating import measure
from plugin_bridge.behaviour.learning import cut_days, without
from plugin_bridge.behaviour.protocol import sequences, split_at

KEPT_OUT = 10
PATIENCE = 3
RATES = {"gru": 0.004, "sasrec": 0.002, "vae": 0.002, "lightgcn": 0.02}
# Each step of LightGCN smooths the whole graph: few and large ones cost less.
BATCHES = {"gru": 64, "sasrec": 64, "vae": 64, "lightgcn": 512}
MORE_EPOCHS = {"lightgcn": 4}  # times, because its epochs have so few steps


class Net:
    """A trained network as a way to recommend."""

    def __init__(self, scores):
        self._scores = scores

    def scores(self, history, now):
        return self._scores(history.items)


@dataclass
class Watch:
    """Looks at a network after each epoch, keeps the best, and ends the training."""

    score: object
    best: float = -1.0
    epoch: int = 0
    state: dict = field(default_factory=dict)

    def enough(self, net, epoch):
        found = self.score(net)
        say(f"  epoch {epoch}: recall@20 of customers kept out {found:.4f}")
        if found > self.best:
            self.best, self.epoch, self.state = found, epoch, copy.deepcopy(net.state_dict())
        return epoch >= self.epoch + PATIENCE


def network(kind, rows, split, texts, epochs, taken):
    """Train one network on what lay before the split; return its figures, what it took, and its parity."""
    import torch

    from encoders.behaviour import BehaviourNetwork
    from encoders.export.behaviour import export_network, prove_network
    from encoders.training.behaviour.networks import Bought, NetworkRecipe, train_network

    torch.set_num_threads(1)
    recipe = NetworkRecipe(kind, epochs=epochs * MORE_EPOCHS.get(kind, 1), rate=RATES[kind], batch=BATCHES[kind])
    out = split.train.customer % KEPT_OUT == 0
    learnt, kept_out = split.train.where(~out), split.train.where(out)
    earlier = without(split_at(kept_out, cut_days(split.train, split.day, 1, 9)[0]))
    watch = Watch(lambda net: quick(scorer(kind, net, learnt, len(rows.items), recipe.length), earlier))
    bought = Bought(sequences(learnt), len(rows.items), texts)
    net, spent = taken(lambda: train_network(bought, recipe, enough=watch.enough))
    net.load_state_dict(watch.state)
    spent["best epoch"] = watch.epoch
    if kind == "lightgcn":
        return measure(Net(scorer(kind, net, learnt, len(rows.items), recipe.length)), split), spent, {}
    with tempfile.TemporaryDirectory() as folder:
        export_network(net, Path(folder), items=len(rows.items), length=recipe.length)
        parity = prove_network(net, Path(folder), [one.items for one in split.histories[:200]], len(rows.items))
        return measure(Net(BehaviourNetwork(Path(folder), len(rows.items)).scores), split), spent, parity


def scorer(kind, net, learnt, items, length):
    """Return what scores every item after places of items, by torch."""
    import torch

    from encoders.training.behaviour.networks import padded, sets

    @torch.no_grad()
    def scores(places):
        if kind == "vae":
            return net(torch.from_numpy(sets([places], items)))[0].numpy()
        return net.logits(net(torch.from_numpy(padded([places], length))))[0].numpy()

    if kind != "lightgcn":
        return scores
    with torch.no_grad():
        vectors = net()[1].numpy()
    # A customer's vector is the mean of what it bought, smoothed as the graph does; so it needs no training.
    degree = np.sqrt(np.maximum(np.bincount(learnt.item, minlength=items), 1))
    return lambda places: vectors @ (vectors[places] / degree[places, None]).sum(0)


def quick(scores, split):
    """Return the mean of recall@20 over all items and over new ones."""
    rows = np.stack([scores(case.history.items) for case in split.cases])
    rows[:, ~split.sold] = -np.inf
    every = metrics.recall(metrics.top(rows), [case.targets for case in split.cases], 20)
    for row, case in zip(rows, split.cases, strict=True):
        row[case.history.items] = -np.inf
    new = metrics.recall(metrics.top(rows), [case.new_targets for case in split.cases], 20)
    return float(np.nanmean(every) + np.nanmean(new)) / 2
