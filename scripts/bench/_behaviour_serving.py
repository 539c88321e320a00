"""How long recommending takes over a large catalogue: the scoring alone, and the whole path through OpenSearch.

The large catalogue is that of the orders with products beside it that nobody bought: as much to add up and to rank,
and as many vectors to look through.
"""

import shutil
import time
from dataclasses import replace

import numpy as np
import orjson
from _clients import Request, clients
from _common import percentiles_ms, say
from _service import service

from plugin_bridge.behaviour.metrics import top
from plugin_bridge.behaviour.model import BLEND_KIND, Draft, write_model
from plugin_bridge.behaviour.publishing import publish
from plugin_bridge.behaviour.recommenders import Blended

LARGE = 54_667  # products of the large catalogue that every benchmark serves from
CASES, WARM = 200, 20
MODEL = "bench-behaviour"


def scoring(parts, crowd, blend, split):
    """Return the time of scoring one customer, over this catalogue and the large one, and that of looking at all."""
    found = {}
    for these, those in ((parts, crowd), widened(parts, crowd)):
        for label, most in (("", {}), (", every item looked at", {"most": None})):
            times = []
            for case in split.cases[:CASES]:
                started = time.perf_counter()
                blend.scores(these, those, case.history, split.day, **most)
                times.append(time.perf_counter() - started)
            found[f"scoring over {len(these):,} items{label}"] = percentiles_ms(times[WARM:])
    return found


def narrowing(parts, crowd, blend, split):
    """Return how alike the first 20 are where only the likeliest items are looked at, and where all are."""
    same, shared = [], []
    for case in split.cases:
        ranked = [
            top(blend.scores(parts, crowd, case.history, split.day, most)[None])[0] for most in (None, _usual(parts))
        ]
        same.append(np.array_equal(*ranked))
        shared.append(len(np.intersect1d(*ranked)) / len(ranked[0]))
    return {"first 20 the same": round(float(np.mean(same)), 4), "shared of 20": round(float(np.mean(shared)), 5)}


def _usual(parts):
    from plugin_bridge.behaviour.blend import MOST_LOOKED_AT

    return min(MOST_LOOKED_AT, len(parts))


def served(parts, crowd, blend, split):
    """Return the times of `POST /v1/recommend` over the large catalogue, one client and four, and of the scoring."""
    wide, those = widened(parts, crowd)
    with service() as running:
        file = running.settings.home / "products.jsonl"
        with file.open("wb") as stream:
            for item, title in zip(wide.items, wide.titles, strict=True):
                stream.write(orjson.dumps({"id": item, "title": title or item}) + b"\n")
        running.load(file, running.settings.alias)
        try:
            with running.store.installing([MODEL]) as folders:
                write_model(folders[MODEL], MODEL, Draft(BLEND_KIND, wide, those, blend, None, {}), {})
            say("publishing the vectors")
            from plugin_bridge.behaviour.model import open_model

            started = time.perf_counter()
            publish(running.cluster, running.settings.alias, open_model(running.store, MODEL))
            found = {"publishing all vectors": {"seconds": round(time.perf_counter() - started, 1)}}
            requests = [
                Request(
                    running.settings.local_url,
                    "/v1/recommend",
                    orjson.dumps({"history": [wide.items[one] for one in case.history.items], "size": 20}),
                    running.token,
                )
                for case in split.cases[: CASES + WARM]
            ]
            for count in (1, 4):
                with clients(count) as asking:
                    _until_known(asking, requests[0])
                    asking.send(requests[:WARM])
                    times = asking.send(requests[WARM:])
                found[f"POST /v1/recommend, {count} client{'s' if count > 1 else ''}"] = percentiles_ms(times)
        finally:
            shutil.rmtree(running.store.folder(MODEL), ignore_errors=True)
    way, times = Blended(wide, those, blend), []
    for case in split.cases[: CASES + WARM]:
        started = time.perf_counter()
        way.scores(case.history, split.day)
        times.append(time.perf_counter() - started)
    return {**found, "scoring alone": percentiles_ms(times[WARM:])}


def _until_known(asking, request, seconds=60):
    """Wait until the bridge has read anew that the generation has a model, which it does every few seconds."""
    end = time.monotonic() + seconds
    while True:
        try:
            asking.send([request])
            return
        except RuntimeError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def widened(parts, crowd):
    """Return the parts and the crowd with products that nobody bought; they have vectors, but say little."""
    more = LARGE - len(parts)

    def longer(array, axis=0):
        return np.pad(array, [(0, more if one == axis else 0) for one in range(array.ndim)])

    neighbours = {
        name: replace(one, ids=longer(one.ids), weights=longer(one.weights)) for name, one in parts.neighbours.items()
    }
    faint = np.random.default_rng(7).normal(scale=1e-3, size=(more, parts.vectors.shape[1])).astype(np.float32)
    wide = replace(
        parts,
        items=(*parts.items, *(f"more-{one}" for one in range(more))),
        titles=(*parts.titles, *("" for _ in range(more))),
        neighbours=neighbours,
        popularity=longer(parts.popularity, 1),
        by_context=longer(parts.by_context, 1),
        age=longer(parts.age),
        repeat=longer(parts.repeat),
        sold=np.r_[parts.sold, np.ones(more, bool)],
        vectors=np.concatenate([parts.vectors, faint]),
    )
    return wide, replace(crowd, items=LARGE)
