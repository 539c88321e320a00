"""The two folders that everything is kept in."""

import os
from pathlib import Path

import platformdirs


def data_home() -> Path:
    """Return the folder of what must be kept: models, tokens, the local node (`KINDRED_HOME`)."""
    named = os.environ.get("KINDRED_HOME")
    return Path(named) if named else platformdirs.user_data_path("kindred")


def cache_home() -> Path:
    """Return the folder of what can be made again: downloads, exported models (`KINDRED_CACHE`)."""
    named = os.environ.get("KINDRED_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("kindred")
