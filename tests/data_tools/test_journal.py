"""A take is what its journal says, up to the last whole sample, wherever it is cut or changed."""

import shutil
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_tools.journal import JOURNAL, JournalError, StreamSpec, TakeRecord, read_take, segment_file
from data_tools.recorder_writer import SegmentWriter

STREAMS = (StreamSpec("image", (2, 3, 3), "uint8", 30.0), StreamSpec("state", (2,), "float32"))
SAMPLES_PER_SEGMENT = (3, 1, 4, 2)
END = {"outcome": "success", "reason": "the operator ended it"}


def payload(number: int) -> bytes:
    return bytes([number] * 18) if number % 2 else bytes([number] * 8)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten samples in four segments."""
    folder = tmp_path_factory.mktemp("whole") / "take"
    folder.mkdir()
    writer = SegmentWriter(folder, {"task_id": "t"}, STREAMS)
    number = 0
    for count in SAMPLES_PER_SEGMENT:
        for _ in range(count):
            writer.append(1 - number % 2, number / 10, 100 + number / 10, payload(number))
            number += 1
        writer.close_segment()
    writer.finish(END)
    writer.close()
    return folder


def facts(take: TakeRecord) -> list[tuple]:
    return [
        (place.stream, place.capture_time_s, place.receive_time_s, zlib.decompress(take.payload(place)))
        for place in take.samples
    ]


def expected(num_segments: int) -> list[tuple]:
    count = sum(SAMPLES_PER_SEGMENT[:num_segments])
    return [(1 - number % 2, number / 10, 100 + number / 10, payload(number)) for number in range(count)]


def test_what_was_written_is_read(whole: Path) -> None:
    take = read_take(whole)
    assert (take.info, take.streams, take.end) == ({"task_id": "t"}, STREAMS, END)
    assert facts(take) == expected(4)


def copy_of(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(whole, tmp_path_factory.mktemp("cut") / "take"))


def whole_lines(content: bytes) -> int:
    return content.count(b"\n")


@settings(max_examples=40)
@given(st.data())
def test_a_journal_cut_anywhere_after_its_first_line_costs_no_sample(whole, tmp_path_factory, data) -> None:
    folder = copy_of(whole, tmp_path_factory)
    content = (folder / JOURNAL).read_bytes()
    ends = [index + 1 for index, byte in enumerate(content) if byte == ord("\n")]
    near = [end + shift for end in [0, *ends] for shift in (-1, 0, 1) if 0 <= end + shift <= len(content)]
    length = data.draw(st.sampled_from(near) | st.integers(0, len(content)))
    (folder / JOURNAL).write_bytes(content[:length])
    lines = whole_lines(content[:length])
    if lines == 0:
        with pytest.raises(JournalError, match="expected a journal"):
            read_take(folder)
        return
    take = read_take(folder)
    assert facts(take) == expected(4)
    assert take.end == (END if lines == 6 else None)


@settings(max_examples=40)
@given(st.data())
def test_a_segment_cut_anywhere_gives_what_came_before_it(whole, tmp_path_factory, data) -> None:
    folder = copy_of(whole, tmp_path_factory)
    segment = data.draw(st.integers(0, 3))
    path = segment_file(folder, segment)
    path.write_bytes(path.read_bytes()[: data.draw(st.integers(0, path.stat().st_size - 1))])
    take = read_take(folder)
    assert facts(take) == expected(segment)
    assert take.end is None


@settings(max_examples=60)
@given(st.data())
def test_one_changed_byte_costs_at_most_what_comes_after_it(whole, tmp_path_factory, data) -> None:
    folder = copy_of(whole, tmp_path_factory)
    paths = [folder / JOURNAL, *(segment_file(folder, index) for index in range(4))]
    path = data.draw(st.sampled_from(paths))
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    hit = paths.index(path) - 1 if path.name != JOURNAL else whole_lines(bytes(content[:place])) - 1
    try:
        take = read_take(folder)
    except JournalError:
        assert path.name == JOURNAL and hit <= 0
        return
    found = facts(take)
    assert found in [expected(count) for count in range(5)]
    assert len(found) >= len(expected(max(0, min(hit, 4))))


def test_a_missing_segment_ends_the_take(whole, tmp_path_factory) -> None:
    folder = copy_of(whole, tmp_path_factory)
    segment_file(folder, 2).unlink()
    assert facts(read_take(folder)) == expected(2)


@settings(max_examples=60)
@given(st.data())
def test_a_segment_without_a_line_counts_up_to_its_last_whole_sample(whole, tmp_path_factory, data) -> None:
    folder = copy_of(whole, tmp_path_factory)
    lines = (folder / JOURNAL).read_bytes().splitlines(keepends=True)
    (folder / JOURNAL).write_bytes(b"".join(lines[:4]))  # the beginning and three segments of four
    path = segment_file(folder, 3)
    content = path.read_bytes()
    length = data.draw(st.integers(0, len(content)))
    path.write_bytes(content[:length])
    before, every = expected(3), expected(4)
    ends = [place.offset + place.length for place in read_take(whole).samples[len(before) :]]
    assert facts(read_take(folder)) == every[: len(before) + sum(end <= length for end in ends)]


@settings(max_examples=60)
@given(st.data())
def test_a_torn_sample_without_a_line_is_never_taken_for_one(whole, tmp_path_factory, data) -> None:
    folder = copy_of(whole, tmp_path_factory)
    lines = (folder / JOURNAL).read_bytes().splitlines(keepends=True)
    (folder / JOURNAL).write_bytes(b"".join(lines[:4]))
    path = segment_file(folder, 3)
    content, place = bytearray(path.read_bytes()), read_take(whole).samples[-1]
    first = data.draw(st.integers(place.offset, place.offset + place.length - 1))
    content[first:] = bytes(len(content) - first)  # as a disk leaves it that had only made room
    path.write_bytes(content)
    assert facts(read_take(folder)) in (expected(4)[:-1], expected(4))


def test_a_segment_after_the_end_does_not_count(whole, tmp_path_factory) -> None:
    folder = copy_of(whole, tmp_path_factory)
    shutil.copy(segment_file(folder, 0), segment_file(folder, 4))
    assert facts(read_take(folder)) == expected(4)
