"""Every command of the README and of the guides runs, in the order in which a reader types them.

A fenced `bash` block is marked by the comment above it: `<!-- run -->` runs, `<!-- not run: why -->` does not.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from encoders.store import ModelStore
from opensearch.client import Cluster
from tests.fixtures.bridge import drop_alias, free_port, make_home
from tests.fixtures.data import ROOT

ALIAS = "products"
TRIED_OUT = "mugs"  # the alias that docs/loading.md loads for a try
NODE = "http://127.0.0.1:9200"
GUIDES = ("README.md", "docs/storefront.md", "docs/loading.md")
BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^>]*) -->\n)?^```bash\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL)
SECONDS = 280


@dataclass(frozen=True)
class Block:
    """One fenced block: where it stands, its mark and its commands."""

    page: str
    line: int
    mark: str
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: str) -> list[Block]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Block(page, text[: found.start("code")].count("\n"), found["mark"] or "", found["code"])
        for found in BLOCK.finditer(text)
    ]


ALL = [block for page in GUIDES for block in blocks(page)]
RUN = [block for block in ALL if block.mark == "run"]


@pytest.fixture(scope="module")
def shell(
    cluster: Cluster, model_store: ModelStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The environment of a reader's shell: `kindred` on the path, a home of its own, the tests' OpenSearch."""
    drop_alias(cluster, ALIAS)
    drop_alias(cluster, TRIED_OUT)
    home = make_home(tmp_path_factory.mktemp("readme-home"), model_store)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OPENSEARCH_URL": cluster.url,
        "KINDRED_HOME": str(home),
        "KINDRED_ALIAS": ALIAS,
        "KINDRED_BRIDGE_PORT": str(free_port()),
    }
    try:
        yield environment
    finally:
        run("kindred down", environment)
        drop_alias(cluster, ALIAS)
        drop_alias(cluster, TRIED_OUT)


def run(code: str, environment: dict[str, str]) -> str:
    """Run commands as a shell does that stops at the first failure; return standard output."""
    code = code.replace(NODE, environment["OPENSEARCH_URL"])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"exit status {done.returncode}\n{code}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_every_block_is_marked() -> None:
    assert RUN
    assert [str(block) for block in ALL if not re.fullmatch(r"run|not run: .+", block.mark)] == []


@pytest.mark.parametrize("block", RUN, ids=str)
def test_a_block_runs(block: Block, shell: dict[str, str]) -> None:
    output = run(block.code, shell)
    if "curl" in block.code:
        answers = [json.loads(line) for line in output.replace("}{", "}\n{").splitlines()]
        assert len(answers) == block.code.count("curl")
        for answer in answers:
            assert answer.get("hits", {}).get("total", {}).get("value", 0) > 0, answer


def test_a_storefronts_request_is_answered_by_keywords_and_vectors(shell: dict[str, str]) -> None:
    """The README's own curl: the flask and the cups for coffee come in, and without the rewrite they do not."""
    request = next(block.code for block in RUN if "curl" in block.code)
    after = titles(run(request, shell))
    before = titles(run(request.replace("_search'", "_search?search_pipeline=_none'"), shell))
    assert after != before
    assert any("Coffee Cup" in title or "Flask" in title for title in after)


def titles(answer: str) -> list[str]:
    return [hit["_source"]["title"] for hit in json.loads(answer)["hits"]["hits"]]
