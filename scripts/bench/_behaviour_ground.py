"""What every part of the benchmark of recommendations stands on, made when it is first asked for, and what is kept.

A part's figures stay in the cache by data, day, settings and code, so that a run that was cut goes on, and parts can be
measured one after the other. Times and memory that are kept are those of the run that measured.
"""

import resource
import time
from functools import cached_property

import _kept
import numpy as np
from _common import data_dir, say
from _service import SHIPPED_MODEL

from encoders.export.recipe import cached_store
from plugin_bridge.behaviour.blend import Blend
from plugin_bridge.behaviour.crowd import crowd_of
from plugin_bridge.behaviour.evaluating import Measured, measure
from plugin_bridge.behaviour.fitting import Tuning, fit_parts
from plugin_bridge.behaviour.learning import cut_listings, train_blend, without
from plugin_bridge.behaviour.protocol import day_of, default_day, split_at
from plugin_bridge.behaviour.reading import read_behaviour
from plugin_bridge.behaviour.recommenders import Blended
from plugin_bridge.behaviour.training import title_vectors
from plugin_bridge.behaviour.tuning import tune

CODE = ("plugin_bridge/behaviour", "encoders/training/behaviour")
NETWORK_CODE = (
    "encoders/training/behaviour/networks.py",
    "encoders/behaviour.py",
    "encoders/export/behaviour.py",
    "scripts/bench/_behaviour_networks.py",
    *(f"plugin_bridge/behaviour/{name}.py" for name in ("cleaning", "interactions", "metrics", "protocol", "reading")),
)


class Ground:
    """The rows, their split, the settings and the item models of one benchmark; `start` is the test's first day."""

    def __init__(self, start):
        read = read_behaviour(data_dir() / "orders-retail", lambda customer: customer)
        self.rows, self.cleaning = read.interactions, read.cleaning
        self.day = day_of(start) if start else default_day(self.rows)
        self.raw = split_at(self.rows, self.day)
        self.split = without(self.raw)

    def kept(self, name, work, code=CODE, **more):
        """Return what `work` returns, JSON, or what it returned in an earlier run; `code` is what decides it."""
        key = {"data": self.rows.digest(), "day": self.day, "code": _kept.code_of(code), "part": name, **more}
        return _kept.kept(f"behaviour, {name}", key, work)

    @cached_property
    def texts(self):
        encoder = cached_store((SHIPPED_MODEL.removesuffix("-int8"),)).open_text(SHIPPED_MODEL, threads=1)
        return title_vectors(self.rows.titles, encoder)

    @cached_property
    def settings(self):
        """The settings of the item models, and what choosing them took."""

        def work():
            say("choosing settings on an earlier cut")
            found, spent = taken(lambda: tune(self.rows, self.day))
            return {"tuning": vars(found), "spent": spent}

        found = self.kept("settings", work)
        return Tuning(**found["tuning"]), found["spent"]

    @cached_property
    def fitted(self):
        """The item models, and what they took."""
        say("item models")
        return taken(lambda: fit_parts(self.rows, self.day, self.settings[0], self.texts))

    @cached_property
    def crowd(self):
        return crowd_of(self.rows, self.day)

    @cached_property
    def listings(self):
        """The lists that the blend learns from, and what they took."""
        say("learning what was bought after earlier days")
        return taken(lambda: cut_listings(self.rows, self.day, self.settings[0], self.texts, told=say))

    def blend(self, seed):
        """Return a blend, its figures, and what its lists and its training took."""

        def work():
            listings, lists = self.listings
            say(f"blend, seed {seed}")
            blend, spent = taken(lambda: train_blend(listings, seed=seed))
            weights = {name: np.asarray(value, float).tolist() for name, value in vars(blend).items()}
            measured = flat(measure(Blended(self.fitted[0], self.crowd, blend), self.split))
            return {"weights": weights, "measured": measured, "lists": lists, "spent": spent}

        found = self.kept(f"blend, seed {seed}", work)
        weights = {name: np.asarray(value, np.float32) for name, value in found["weights"].items()}
        return Blend(**weights), full(found["measured"]), found["lists"], found["spent"]


def flat(measured):
    """Return figures of each customer as JSON."""
    return {
        "every": {name: values.tolist() for name, values in measured.every.items()},
        "new": {name: values.tolist() for name, values in measured.new.items()},
        "spread": dict(measured.spread),
    }


def full(found):
    """Return figures of each customer as they were before `flat`."""
    every, new = ({name: np.asarray(one) for name, one in found[part].items()} for part in ("every", "new"))
    return Measured(every, new, found["spread"])


def taken(work):
    """Return what `work` returns, with its seconds (of the clock and of the processor) and the peak of memory."""
    clock, processor = time.perf_counter(), time.process_time()
    found = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found, {
        "seconds": round(time.perf_counter() - clock, 1),
        "processor_seconds": round(time.process_time() - processor, 1),
        "peak_MiB_so_far": round(peak),
    }
