"""A shop's own index: taken over into a generation, completed, and given back.

`plans` decides what would be taken over, `adopt` does it, `backfill` completes what the shop itself writes afterwards,
`leave` gives everything back. None of them changes a value of the shop's own.
"""

from plugin_bridge.adopting.adopt import AdoptReport, adopt
from plugin_bridge.adopting.backfill import BackfillReport, backfill
from plugin_bridge.adopting.leave import LeaveReport, leave
from plugin_bridge.adopting.plans import AdoptPlan, plan_adoption

__all__ = [
    "AdoptPlan",
    "AdoptReport",
    "BackfillReport",
    "LeaveReport",
    "adopt",
    "backfill",
    "leave",
    "plan_adoption",
]
