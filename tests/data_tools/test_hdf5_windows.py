"""Windows are what lies in the file, however it is stored, and end where the demo ends."""

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_tools.errors import DemoFileError
from data_tools.hdf5_windows import MAX_OPEN, WindowReader
from data_tools.hdf5_writer import DemoWriter


@pytest.fixture(params=[True, False], ids=["compressed", "plain"])
def path(request, tmp_path, task):
    with DemoWriter(tmp_path / "a.hdf5", compress=request.param) as writer:
        for index in range(MAX_OPEN + 3):
            writer.append_demo(task.demos[index % 2])
    return tmp_path / "a.hdf5"


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_window_is_a_part_of_the_demo(path, task, data):
    with WindowReader(path) as reader:
        assert reader.lengths == tuple(len(task.demos[index % 2]) for index in range(MAX_OPEN + 3))
        rng = np.random.default_rng(data.draw(st.integers(0, 999)))
        for demo in rng.permutation(MAX_OPEN + 3).tolist():
            length = reader.lengths[demo]
            first = int(rng.integers(length + 1))
            count = int(rng.integers(length - first + 1))
            expected = task.demos[demo % 2].video.frames[first : first + count]
            np.testing.assert_array_equal(reader.read(demo, first, count), expected, strict=True)


@pytest.mark.parametrize(("first", "count"), [(-1, 2), (0, 7), (6, 1), (3, -1)])
def test_a_window_that_leaves_the_demo_is_refused(path, first, count):
    with WindowReader(path) as reader, pytest.raises(DemoFileError, match="within 6 pictures"):
        reader.read(0, first, count)


def test_a_damaged_file_is_refused(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DemoFileError, match="damaged"):
        WindowReader(path)


def test_pictures_are_plain_only_when_asked(path, request):
    with h5py.File(path) as file:
        is_plain = file["data/demo_0/obs/image"].chunks is None
    assert is_plain == request.node.name.endswith("[plain]")
