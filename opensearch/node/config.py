"""The configuration of a node: `opensearch.yml`, `jvm.options` and the folders beside them."""

import json
import os
import re
from pathlib import Path
from typing import Any

from opensearch.node.archives import ICU
from opensearch.node.java import VECTOR_MODULE, Java
from opensearch.settings import NodeSettings

FOLDERS = ("config", "data", "logs", "tmp")
# The bridge of this machine, at any port; `kindred` narrows it when it knows the bridge's own address.
TRUSTED_ENDPOINTS = r"^http://127\.0\.0\.1:[0-9]+/.*$"


def options(settings: NodeSettings) -> dict[str, Any]:
    """Return the settings of `opensearch.yml`."""
    home = settings.home.absolute()
    chosen: dict[str, Any] = {
        "cluster.name": settings.cluster_name,
        "node.name": settings.name,
        "path.data": str(home / "data"),
        "path.logs": str(home / "logs"),
        "network.host": "127.0.0.1",
        "http.port": settings.http_port,
        "transport.port": settings.transport,
        "cluster.routing.allocation.disk.threshold_enabled": False,
    }
    if settings.seed_ports:
        chosen["discovery.seed_hosts"] = [f"127.0.0.1:{port}" for port in settings.seed_ports]
        # Without a vote in the election of the cluster manager it may come and go.
        chosen["node.roles"] = ["data", "ingest"]
    elif settings.joinable:
        chosen["discovery.seed_hosts"] = []
        chosen["cluster.initial_cluster_manager_nodes"] = [settings.name]
    else:
        chosen["discovery.type"] = "single-node"
    if "opensearch-ml-plugin" in settings.plugins:
        ml = "plugins.ml_commons"
        chosen |= {
            f"{ml}.only_run_on_ml_node": False,
            f"{ml}.connector.private_ip_enabled": True,
            f"{ml}.native_memory_threshold": 100,
            f"{ml}.jvm_heap_memory_threshold": 100,
            f"{ml}.trusted_connector_endpoints_regex": [TRUSTED_ENDPOINTS],
        }
    return chosen


def jvm_options(shipped: str, settings: NodeSettings, java: Java, root: Path) -> str:
    """Return the distribution's `jvm.options` with this node's heap, folders and what its Java can do.

    Paths are written relative to `root`, the node's working directory: the start script splits the options at
    spaces, which a home may have in its name.
    """
    home = settings.home.absolute()

    def beside(folder: str) -> str:
        return os.path.relpath(home / folder, root)

    heap = settings.heap.lower()
    lines = []
    for line in shipped.splitlines():
        if line.startswith("-Xms"):
            line = f"-Xms{heap}"
        elif line.startswith("-Xmx"):
            line = f"-Xmx{heap}"
        elif f"--add-modules={VECTOR_MODULE}" in line and not java.vector:
            line = f"# left out, this Java has no such module: {line}"
        elif not line.startswith("#"):
            line = line.replace("HeapDumpPath=data", f"HeapDumpPath={beside('data')}")
            line = line.replace("=logs/", f"={beside('logs')}/")
            line = line.replace("${OPENSEARCH_TMPDIR}", beside("tmp"))
        lines.append(line)
    if not java.thai:
        jars = os.pathsep.join(f"{beside('icu')}/{archive.filename}" for archive in ICU)
        lines += [f"-Xbootclasspath/a:{jars}", "-Djava.locale.providers=CLDR,SPI"]
    return "\n".join(lines) + "\n"


def write(settings: NodeSettings, java: Java, root: Path) -> Path:
    """Make the node's folders and write its configuration; return the folder `config`."""
    home = settings.home.absolute()
    for name in FOLDERS:
        (home / name).mkdir(parents=True, exist_ok=True)
    home.chmod(home.stat().st_mode | 0o011)
    config = home / "config"
    for shipped in (root / "config").iterdir():
        if shipped.is_file():
            write_anew(config / shipped.name, shipped.read_text())
    lines = (f"{name}: {json.dumps(value)}\n" for name, value in options(settings).items())
    write_anew(config / "opensearch.yml", "# Written anew at every start from KINDRED_NODE_...\n" + "".join(lines))
    shipped_options = (root / "config" / "jvm.options").read_text()
    write_anew(config / "jvm.options", jvm_options(shipped_options, settings, java, root))
    return config


def write_anew(file: Path, text: str) -> None:
    """Write a file that was not there a moment ago: root writes where the node's user may have left a link."""
    file.unlink(missing_ok=True)
    with file.open("x") as fresh:
        fresh.write(text)
    file.chmod(0o644)


def http_port(home: Path) -> int | None:
    """Return the HTTP port that a home's `opensearch.yml` names, if it has been written."""
    try:
        found = re.search(r"^http\.port: (\d+)$", (home / "config" / "opensearch.yml").read_text(), re.MULTILINE)
    except FileNotFoundError:
        return None
    return int(found[1]) if found else None
