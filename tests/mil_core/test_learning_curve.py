import json

from mil_core.learning_curve import draw_learning_curve, read_log


def write_log(folder, rows, tail=""):
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + tail)


def test_a_repeated_step_counts_once_and_as_it_was_last(tmp_path):
    write_log(tmp_path, [{"iteration": 1, "loss": 3.0}, {"iteration": 2, "loss": 2.0}, {"iteration": 2, "loss": 1.0}])
    assert read_log(tmp_path) == [{"iteration": 1, "loss": 3.0}, {"iteration": 2, "loss": 1.0}]


def test_a_line_that_was_cut_short_is_left_out(tmp_path):
    write_log(tmp_path, [{"iteration": 1, "loss": 3.0}], '{"iteration": 2, "lo')
    assert len(read_log(tmp_path)) == 1


def test_a_run_without_a_log_has_no_picture(tmp_path):
    assert draw_learning_curve(tmp_path) is None


def test_a_run_becomes_a_picture(tmp_path):
    rows = [{"iteration": i, "loss": 1 / i, "validation_velocity": 2 / i} for i in range(1, 120)]
    write_log(tmp_path, rows)
    picture = draw_learning_curve(tmp_path)
    assert picture is not None and picture.read_bytes().startswith(b"\x89PNG")
