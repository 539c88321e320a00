"""The lines that long commands print for programs."""

import contextlib
import json
import sys

import numpy as np
import pytest

from plugin_bridge.cli.progress_lines import Lines, telling


def test_lines_are_one_json_object_each_on_standard_output(capsys):
    with telling(json=True) as lines:
        lines.progress(3, 40, "reading", 12.5)
        lines.figures(3, np.float32(0.5), {"f1": 0.8})
        lines({"event": "log", "message": "two\nlines"})
        lines.result({"model": "ours"})
    out, err = capsys.readouterr()
    assert [json.loads(line) for line in out.splitlines()] == [
        {"event": "progress", "step": 3, "of": 40, "message": "reading", "seconds_left": 12.5},
        {"event": "figures", "step": 3, "loss": 0.5, "valid": {"f1": 0.8}},
        {"event": "log", "message": "two\nlines"},
        {"event": "result", "result": {"model": "ours"}},
    ]
    assert err == ""


def test_events_are_told_while_a_library_prints_elsewhere(capsys):
    with telling(json=True) as lines, contextlib.redirect_stdout(sys.stderr):
        print("what a library prints")
        lines.figures(3, 0.5)
    out, err = capsys.readouterr()
    assert json.loads(out) == {"event": "figures", "step": 3, "loss": 0.5}
    assert err == "what a library prints\n"


def test_people_get_figures_and_warnings_on_standard_error(capsys):
    with telling(json=False) as lines:
        lines.progress(1, 2, "a [bold]file[/]")
        lines.figures(1, 0.25, {"f1": 0.5})
        lines.log("left out: [x].png", "warning")
        lines.result({"model": "ours"})
    out, err = capsys.readouterr()
    assert out == ""
    assert "step 1 loss 0.2500, f1 0.5000" in err and "left out: [x].png" in err


def test_an_event_that_nobody_reads_is_refused():
    with pytest.raises(ValueError, match="progress, figures, log, result"):
        Lines(lambda event: None)({"event": "epoch"})
