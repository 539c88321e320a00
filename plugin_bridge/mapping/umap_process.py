"""UMAP in a process of its own, at low priority: it takes a minute of one core, and a search must not wait for it.

UMAP: McInnes, Healy and Melville (2018), as umap-learn does it. Started from the principal components and with a fixed
seed, so that the same catalogue gives the same map.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from plugin_bridge.errors import BridgeError

SEED = 7
NEIGHBOURS = 15  # umap-learn's own default, as the distance below is
DISTANCE = 0.1
_LOOK_SECONDS = 0.1
_NICE = 10


def is_there() -> bool:
    """Return whether this installation has UMAP."""
    return importlib.util.find_spec("umap") is not None


def lay_out(components: np.ndarray, stopped: Callable[[], bool] = lambda: False) -> np.ndarray:
    """Return points (n, 2) for rows of components (n, d); BridgeError where the process fails or is stopped.

    So few rows that none has enough neighbours stay as their first two components lay them out.
    """
    if len(components) <= NEIGHBOURS:
        return components[:, :2]
    with tempfile.TemporaryDirectory(prefix="kindred-map-") as folder:
        given, made, said = (Path(folder) / name for name in ("given.npy", "made.npy", "said.txt"))
        np.save(given, components)
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "plugin_bridge.mapping.umap_process", str(given), str(made)]
        with said.open("wb") as stream:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
            try:
                _wait(process, stopped)
            finally:
                process.kill()
                process.wait()
        if process.returncode != 0 or not made.exists():
            words = said.read_text(errors="replace")[-2000:].strip()
            raise BridgeError(f"UMAP ended without a map: {words or f'status {process.returncode}'}")
        return np.asarray(np.load(made), np.float32)


def _wait(process: "subprocess.Popen[bytes]", stopped: Callable[[], bool]) -> None:
    while process.poll() is None:
        if stopped():
            raise BridgeError("the making of the map was stopped")
        time.sleep(_LOOK_SECONDS)


def _main(given: str, made: str) -> None:
    if hasattr(os, "nice"):
        os.nice(_NICE)
    import umap

    components = np.load(given)
    start = components[:, :2] / max(float(np.abs(components[:, :2]).max()), 1e-12) * 10
    layout = umap.UMAP(n_neighbors=NEIGHBOURS, min_dist=DISTANCE, random_state=SEED, n_jobs=1, init=start)
    np.save(made, layout.fit_transform(components).astype(np.float32))


if __name__ == "__main__":
    _main(*sys.argv[1:])
