"""The pages about the bridge: complete, and what they show runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from opensearch.client import Cluster
from plugin_bridge.service.app import create_app
from plugin_bridge.service.context import open_context
from plugin_bridge.settings import Settings
from tests.fixtures.bridge import Bridge, known_commands
from tests.fixtures.data import ROOT

PAGE = (ROOT / "docs" / "bridge.md").read_text(encoding="utf-8")
PAGES = ("docs/bridge.md", "docs/operations.md")
BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^>]*) -->\n)?^```bash\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL)


def test_every_endpoint_is_described(cluster: Cluster, tmp_path: Path) -> None:
    context = open_context(Settings(home=tmp_path), known_commands(), cluster)
    paths = create_app(context)._app.openapi()["paths"]  # type: ignore[attr-defined]
    assert len(paths) > 8
    for path in paths:
        assert path.replace("{product_id}", "{id}") in PAGE, path
    context.vectors.close()


def test_every_figure_is_described(bridge: Bridge) -> None:
    with bridge.http() as http:
        named = set(re.findall(r"^# TYPE (\S+)", http.get("/metrics").text, re.MULTILINE))
    assert len(named) > 8
    for name in named:
        stem = name.removesuffix("_total").removesuffix("_misses").removesuffix("_size")
        assert stem in PAGE, name


def test_every_cap_is_described() -> None:
    caps = [name for name in Settings.model_fields if name.startswith("max_") or name.endswith("_ms")]
    for name in [*caps, "query_cache", "encode_workers"]:
        assert f"KINDRED_{name.upper()}" in PAGE, name


def test_the_defaults_are_those_of_the_page() -> None:
    fields = Settings.model_fields
    assert f"| {fields['deadline_ms'].default} ms | `KINDRED_DEADLINE_MS`" in PAGE
    assert f"| {fields['max_encode_chars'].default:,} | `KINDRED_MAX_ENCODE_CHARS`" in PAGE
    assert f"| {fields['max_query_chars'].default:,} | `KINDRED_MAX_QUERY_CHARS`" in PAGE
    assert (
        f"| {fields['max_body_bytes'].default // 2**20} MiB, {fields['max_picture_bytes'].default // 2**20} MiB |"
        in PAGE
    )
    assert f"| {fields['max_size'].default}, {fields['max_depth'].default:,} |" in PAGE
    assert f"| {fields['query_cache'].default:,} | `KINDRED_QUERY_CACHE`" in PAGE


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_marked(page: str) -> None:
    found = list(BLOCK.finditer((ROOT / page).read_text(encoding="utf-8")))
    assert found
    assert all(re.fullmatch(r"run|not run: .+", block["mark"] or "") for block in found)


def test_what_is_shown_runs(bridge: Bridge) -> None:
    code = next(block["code"] for block in BLOCK.finditer(PAGE) if block["mark"] == "run")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "KINDRED_HOME": str(bridge.home),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code.replace("http://127.0.0.1:8765", bridge.url)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"hits":[') == 2
    assert '"error"' not in done.stdout
    assert "kindred_fallbacks" in done.stdout
