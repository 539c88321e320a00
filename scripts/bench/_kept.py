"""Results of a benchmark's parts, kept in the cache: a run that is cut goes on where it was.

A result is found again only for the same settings, the same data and the same code: another program is measured anew.
"""

import ast
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import _common

from encoders.homes import cache_home


def kept(name: str, key: Mapping[str, Any], measure: Callable[[], Any]) -> Any:
    """Return what `measure` returns, JSON, or what it returned in an earlier run with the same `key`."""
    path = folder(name.partition(",")[0]) / f"{digest(key)}.json"
    if path.is_file():
        _common.say(f"{name}: measured before ({path.name})")
        return json.loads(path.read_text(encoding="utf-8"))["found"]
    found = measure()
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps({"name": name, "key": dict(key), "found": found}), encoding="utf-8")
    draft.replace(path)
    return found


def folder(name: str) -> Path:
    """Return the folder of a benchmark in the cache."""
    found = cache_home() / "bench" / name
    found.mkdir(parents=True, exist_ok=True)
    return found


def digest(key: Mapping[str, Any]) -> str:
    """Return the short name of settings."""
    return hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()[:12]


def code_of(places: Iterable[str]) -> str:
    """Return the short name of the program in files and folders of the project; comments and line ends do not count."""
    found = hashlib.sha256()
    for place in places:
        path = _common.ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            found.update(ast.dump(ast.parse(file.read_text(encoding="utf-8"))).encode())
    return found.hexdigest()[:12]
