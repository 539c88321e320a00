"""What a child tells, read while it is written."""

from plugin_bridge.jobs.told import ERRORS_FILE, EVENTS_FILE, Told, last_words, log_text


def test_lines_are_read_once_and_half_a_line_waits(tmp_path):
    told, file = Told(), tmp_path / EVENTS_FILE
    assert told.read_on(tmp_path) == []
    file.write_text('{"event":"progress","step":1,"of":2,"message":"a","seconds_left":null}\n{"event":"figu')
    assert [one["event"] for one in told.read_on(tmp_path)] == ["progress"]
    with file.open("a") as stream:
        stream.write('res","step":1,"loss":0.5}\na library prints\n[1]\n{"event":"result","result":{"x":1}}\n')
    assert [one["event"] for one in told.read_on(tmp_path)] == ["figures", "log", "log", "result"]
    assert (told.progress, told.figures, told.result) == (
        {"step": 1, "of": 2, "message": "a", "seconds_left": None},
        [{"step": 1, "loss": 0.5}],
        {"x": 1},
    )
    assert told.read_on(tmp_path) == []


def test_a_long_curve_keeps_its_ends_and_its_shape(tmp_path):
    told = Told()
    lines = (f'{{"event":"figures","step":{step},"loss":0.1}}\n' for step in range(5000))
    (tmp_path / EVENTS_FILE).write_text("".join(lines))
    told.read_on(tmp_path)
    steps = [one["step"] for one in told.figures]
    assert len(steps) <= 1000 and steps == sorted(steps) and (steps[0], steps[-1]) == (0, 4999)


def test_the_last_words_are_those_of_the_command(tmp_path):
    assert last_words(tmp_path) is None
    (tmp_path / ERRORS_FILE).write_text("Traceback\n  File x\nValueError: y\n")
    assert last_words(tmp_path) == "ValueError: y"
    (tmp_path / ERRORS_FILE).write_text("kindred: the disk is full\n\n")
    assert last_words(tmp_path) == "the disk is full"
    (tmp_path / EVENTS_FILE).write_text('{"event":"log","message":"first"}\n')
    assert log_text(tmp_path) == "first\nkindred: the disk is full\n\n"
