"""What all benchmarks share: where they run, what they print, how times are taken.

A benchmark is a script beside this file that imports it first (which moves the script into the project's own
environment), measures, and hands a `Result` to `main`. It prints tables for people on standard error or, with
`--json`, one document on standard output; it exits 0 when it measured, whether or not a goal is met.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


sys.path[:0] = [str(ROOT / "scripts"), str(ROOT)]

import _setup  # noqa: E402 - it stands in the folder just added

_setup.enter(*_setup.EVERYTHING)


@dataclass(frozen=True)
class Goal:
    """One goal: what was measured, what was wanted, in which direction, and whether it was met."""

    value: float | None
    goal: float
    rule: str
    met: bool


def at_least(value: float | None, goal: float) -> Goal:
    """A goal met by `value` at or above `goal`; a value of None was not measured and is not met."""
    return Goal(value, goal, "at least", value is not None and value >= goal)


def at_most(value: float | None, goal: float) -> Goal:
    """A goal met by `value` at or below `goal`; a value of None was not measured and is not met."""
    return Goal(value, goal, "at most", value is not None and value <= goal)


@dataclass(frozen=True)
class Result:
    """What a benchmark found. `figures` may nest; a mapping of mappings is drawn as one table."""

    figures: Mapping[str, Any]
    goals: Mapping[str, Goal]
    notes: Sequence[str] = field(default_factory=tuple)


def main(
    measure: Callable[[argparse.Namespace], Result],
    *,
    about: str,
    options: Callable[[argparse.ArgumentParser], None] | None = None,
) -> None:
    """Read the arguments, run `measure`, print what it found."""
    parser = argparse.ArgumentParser(prog=Path(sys.argv[0]).name, description=about)
    parser.add_argument("--json", action="store_true", help="print one JSON document on standard output")
    if options:
        options(parser)
    arguments = parser.parse_args()
    started = time.perf_counter()
    result = measure(arguments)
    document = {
        "figures": result.figures,
        "goals": {name: asdict(goal) for name, goal in result.goals.items()},
        "notes": list(result.notes),
        "machine": machine(),
        "seconds": round(time.perf_counter() - started, 1),
    }
    if arguments.json:
        from plugin_bridge.cli.output import print_json

        print_json(document)
    else:
        _draw(document)


def data_dir() -> Path:
    """Return the folder of real data (`KINDRED_DATA`, default `../shared/data`); ends the benchmark without it."""
    folder = Path(os.environ.get("KINDRED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        sys.exit(f"no real data: {folder} is absent (set KINDRED_DATA)")
    return folder


def say(message: str) -> None:
    """Tell a person how far the benchmark is, on standard error."""
    print(message, file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """Return cores, processor, memory and the versions that decide a figure."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    import psutil

    from encoders.sessions import available_cores

    versions = {"python": platform.python_version()}
    for package in ("numpy", "onnxruntime", "torch", "sentence-transformers", "opensearch-py"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "cores": available_cores(),
        "cpu": _processor(),
        "memory_gib": round(psutil.virtual_memory().total / 1024**3, 1),
        "load_average": [round(one, 2) for one in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "versions": versions,
    }


def interleaved(variants: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Run every variant once per round, in turn, and return the seconds of each run.

    Machines are shared and their speed drifts: variants that take turns drift together, so ratios of their medians
    hold. The order turns round by one each time; nothing is discarded, so warm up before.
    """
    names = list(variants)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            started = time.perf_counter()
            variants[name]()
            seconds[name].append(time.perf_counter() - started)
    return seconds


def percentiles_ms(seconds: Iterable[float]) -> dict[str, float]:
    """Return p50, p95 and p99 of these times in milliseconds."""
    import numpy as np

    taken = np.asarray(list(seconds)) * 1000
    return {f"p{q}_ms": round(float(np.percentile(taken, q)), 3) for q in (50, 95, 99)}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        import platform

        return platform.processor() or platform.machine()
    stated = dict(line.split(":", 1) for line in lines if ":" in line)
    named = {key.strip(): value.strip() for key, value in stated.items()}
    flags = named.get("flags", "").split()
    widths = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8") if flag in flags]
    return f"{named.get('model name', 'unknown')} ({', '.join(widths)})"


def _draw(document: Mapping[str, Any]) -> None:
    from plugin_bridge.cli.output import console, table

    scalars: list[tuple[str, Any]] = []
    for name, figure in document["figures"].items():
        if isinstance(figure, Mapping) and figure and all(isinstance(row, Mapping) for row in figure.values()):
            columns = list(dict.fromkeys(key for row in figure.values() for key in row))
            rows = [(key, *(_cell(row.get(column)) for column in columns)) for key, row in figure.items()]
            console.print(table(name, ("", *columns), rows))
        elif isinstance(figure, Mapping):
            console.print(table(name, ("", ""), [(key, _cell(value)) for key, value in figure.items()]))
        else:
            scalars.append((name, _cell(figure)))
    if scalars:
        console.print(table("figures", ("", ""), scalars))
    goals = document["goals"].items()
    rows = [
        (name, _cell(one["value"]), f"{one['rule']} {one['goal']}", "met" if one["met"] else "missed")
        for name, one in goals
    ]
    console.print(table("goals", ("", "measured", "goal", ""), rows))
    for note in document["notes"]:
        console.print(note, highlight=False)
    stated = document["machine"]
    console.print(f"{stated['cores']} cores, {stated['cpu']}, {document['seconds']} s", highlight=False)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"
    return "" if value is None else str(value)
