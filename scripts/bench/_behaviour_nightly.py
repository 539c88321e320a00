"""The nightly update against a whole training: how long each takes, and what the update saves of accuracy."""

from dataclasses import replace

from _behaviour_ground import taken
from _common import say

from plugin_bridge.behaviour.crowd import crowd_of
from plugin_bridge.behaviour.evaluating import measure
from plugin_bridge.behaviour.fitting import fit_parts
from plugin_bridge.behaviour.incremental import updated
from plugin_bridge.behaviour.recommenders import Blended

DAYS = 14  # that new orders have come in since the model was trained
TIMES = ("seconds", "processor_seconds")


def nightly(rows, day, tuning, texts, parts, blend, split, trained):
    """Train two weeks before the test, take in these weeks' orders, and compare; the blend is the same for all.

    `trained` is what training anew takes, by the names of TIMES.
    """
    say(f"nightly update with the orders of {DAYS} days")
    past = rows.before(day)
    stale, old_crowd = fit_parts(rows, day - DAYS, tuning, texts), crowd_of(rows, day - DAYS)
    night = fit_parts(rows, day - 1, tuning, texts)
    (_, _, touched), one_day = taken(lambda: updated(night, past))

    def weeks():
        found = updated(stale, past)
        return found, crowd_of(found[1], found[0].day)

    ((fresh, _, touched_all), crowd), two_weeks = taken(weeks)
    fresh = replace(fresh, day=day)
    ways = {
        f"trained {DAYS} days ago": (Blended(stale, old_crowd, blend), {}),
        "updated": (Blended(fresh, crowd, blend), {**times(two_weeks), "products changed": len(touched_all)}),
        "trained anew": (Blended(parts, crowd_of(rows, day), blend), trained),
    }
    found = {}
    for name, (way, told) in ways.items():
        one = measure(way, split).to_json()
        found[name] = {"all recall@20": one["recall@20"], "new recall@20": one["new"]["recall@20"], **told}
    found["updated, one day"] = {**times(one_day), "products changed": len(touched)}
    return {
        name: {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
        for name, row in found.items()
    }


def times(spent):
    return {name: spent[name] for name in TIMES}
