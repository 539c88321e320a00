"""Exported models kept in the cache until anything that decides how they look changes. For tests and benchmarks."""

import hashlib
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from encoders.errors import ModelDamagedError, ModelNotFoundError
from encoders.homes import cache_home
from encoders.shipped import LARGE, SHIPPED
from encoders.store import ModelStore

_ROOM = Path(__file__).resolve().parents[1]
_PACKAGES = ("torch", "transformers", "onnx", "onnxscript", "onnxruntime")
_WATCHED = ("export", "nets", "sessions.py", "images.py", "pictures.py", "cards.py")


def recipe_key() -> str:
    """Return a hash over the code and the packages that decide how an exported model looks."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        digest.update(f"{package}=={version(package)};".encode())
    for watched in _WATCHED:
        path = _ROOM / watched
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.relative_to(_ROOM).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()[:16]


KEPT = 4
USUAL = tuple(name for name in SHIPPED if name not in LARGE)


def cached_store(names: Sequence[str] = USUAL) -> ModelStore:
    """Return a store that has these models in fp32 and int8, exported on the first call; processes wait in turn.

    Each change of what decides how they look makes half a gigabyte anew: only the last few stores are kept.
    """
    root = cache_home() / "exported-models" / recipe_key()
    root.mkdir(parents=True, exist_ok=True)
    store = ModelStore(root)
    with FileLock(root.with_name(f"{root.name}.lock")):
        for name in names:
            try:
                for precise in (name, f"{name}-int8"):
                    store.verify(precise)
            except (ModelNotFoundError, ModelDamagedError):
                from encoders.export.build import export_model

                export_model(name, store)
        root.touch()  # used last
    _forget(root.parent)
    return store


def _forget(stores: Path) -> None:
    """Take away all stores but those that were used last."""
    by_use = sorted((one for one in stores.iterdir() if one.is_dir()), key=lambda one: one.stat().st_mtime)
    for one in by_use[:-KEPT]:
        shutil.rmtree(one, ignore_errors=True)
        one.with_name(f"{one.name}.lock").unlink(missing_ok=True)
