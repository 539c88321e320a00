"""Parts of a benchmark that are kept: found again for the same settings, data and program, measured anew for others."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.fixtures.data import ROOT

BEGIN = f"import sys; sys.path[:0] = [{str(ROOT / 'scripts' / 'bench')!r}]; import json, _kept\n"
MEASURE = """
calls = []
def measure():
    calls.append(1)
    return {"figure": len(calls)}
print(json.dumps([_kept.kept("part, seed", {"seed": seed}, measure)["figure"] for seed in (1, 2, 1)]))
"""


def ran(program: str, cache: Path) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + program],
        env={**os.environ, "KINDRED_CACHE": str(cache)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(done.stdout), done.stderr


def test_a_part_is_measured_once_for_its_settings(tmp_path: Path) -> None:
    figures, told = ran(MEASURE, tmp_path)
    assert figures == [1, 2, 1]
    assert told.count("measured before") == 1
    figures, told = ran(MEASURE, tmp_path)
    assert figures == [1, 2, 1]
    assert told.count("measured before") == 3


def test_another_program_is_another_part_but_a_comment_is_none(tmp_path: Path) -> None:
    plain, told, other = tmp_path / "plain.py", tmp_path / "told.py", tmp_path / "other.py"
    plain.write_text("rate = 1\n", encoding="utf-8")
    told.write_text("# what it is\nrate  =  1\n", encoding="utf-8")
    other.write_text("rate = 2\n", encoding="utf-8")
    files = [str(one) for one in (plain, told, other)]
    codes, _ = ran(f"print(json.dumps([_kept.code_of([one]) for one in {files!r}]))", tmp_path)
    assert codes[0] == codes[1] != codes[2]
