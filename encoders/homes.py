"""Where Kindred keeps what it makes (`data_home`) and what it can fetch again (`cache_home`).

Both follow the platform's custom and can be moved by an environment variable. Every room asks here, so that
there is one answer.
"""

import os
from pathlib import Path

from platformdirs import user_cache_dir, user_data_dir

HOME_VARIABLE = "KINDRED_HOME"
CACHE_VARIABLE = "KINDRED_CACHE"


def data_home() -> Path:
    """Return the folder of models and state: `KINDRED_HOME`, else the platform's user data folder."""
    return _named_by(HOME_VARIABLE) or Path(user_data_dir("kindred", appauthor=False))


def cache_home() -> Path:
    """Return the folder of downloads: `KINDRED_CACHE`, else the platform's user cache folder."""
    return _named_by(CACHE_VARIABLE) or Path(user_cache_dir("kindred", appauthor=False))


def _named_by(variable: str) -> Path | None:
    value = os.environ.get(variable, "").strip()
    return Path(value).expanduser().absolute() if value else None
