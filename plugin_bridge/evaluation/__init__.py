"""Evaluation: how well products are ranked, on judged queries, beside the baselines.

What is measured (`metrics`, `statistics`, `tuning`: pure) is kept apart from how it is had (`folders` reads judged
folders, `temporary` loads a generation for the time of a measurement, `rankers` asks OpenSearch).
"""

from plugin_bridge.evaluation.folders import JudgedSet, Query, read_judged_set
from plugin_bridge.evaluation.metrics import ndcg
from plugin_bridge.evaluation.search import SearchReport, evaluate_search
from plugin_bridge.evaluation.statistics import Gain, mean_interval, relative_gain

__all__ = [
    "Gain",
    "JudgedSet",
    "Query",
    "SearchReport",
    "evaluate_search",
    "mean_interval",
    "ndcg",
    "read_judged_set",
    "relative_gain",
]
