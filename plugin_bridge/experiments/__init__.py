"""Experiments: trainings by the hash of what they were made from: labels, settings, base.

Each is a folder `<home>/experiments/<hash>` with `experiment.json`; whoever asks for it again gets the recorded result.
"""

from plugin_bridge.experiments.noting import data_hash, note
from plugin_bridge.experiments.records import Experiment, compared, find, identity_of, listed, record

__all__ = ["Experiment", "compared", "data_hash", "find", "identity_of", "listed", "note", "record"]
