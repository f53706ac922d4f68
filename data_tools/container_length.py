"""Whether a film file is as long as its container says: the cheapest sign of a copy or recording that broke off.

Reads only the headers of four containers, without decoding, and refuses to know what is inside them.
"""

import mmap
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_MAX_ATOMS = 100_000  # a film in fragments of a second has two a second; more is an attack on the reader's patience


def is_cut_short(path: Path) -> bool:
    """True if the container declares more bytes than the file has; False for a whole file or an unknown container."""
    with path.open("rb") as file:
        head = file.read(12)
        for matches, is_cut in _CONTAINERS:
            if matches(head):
                file.seek(0)
                return is_cut(file, path.stat().st_size)
    return False


def _is_mp4_cut(file: BinaryIO, size: int) -> bool:
    """Walk the outermost atoms. Source: ISO/IEC 14496-12, Box: 32-bit size, 1 = 64-bit size follows, 0 = to the end."""
    position = 0
    for _ in range(_MAX_ATOMS):
        file.seek(position)
        header = file.read(16)
        if not header:
            return False
        length = int.from_bytes(header[:4], "big")
        if length == 0:
            return False
        position += int.from_bytes(header[8:16], "big") if length == 1 else max(length, 8)
        if position > size:
            return True
    return True


def _is_avi_cut(file: BinaryIO, size: int) -> bool:
    """The RIFF length counts what follows its own eight bytes."""
    return 8 + int.from_bytes(file.read(8)[4:8], "little") > size


def _is_gif_cut(file: BinaryIO, size: int) -> bool:
    """Walk the blocks up to the trailer. Source: GIF89a specification, sections 15 to 27."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            position = 13 + _colour_table_bytes(data[10])
            while data[position] != 0x3B:
                # an image has 10 bytes of header, its own colours and a code size; an extension has two bytes
                is_image = data[position] == 0x2C
                if not is_image and data[position] != 0x21:
                    return True  # the blocks do not follow each other: a part is missing or overwritten
                position += 11 + _colour_table_bytes(data[position + 9]) if is_image else 2
                while data[position]:  # sub-blocks, each with its length before it, up to one of length zero
                    position += data[position] + 1
                position += 1
        except IndexError:
            return True
    return False


def _colour_table_bytes(flags: int) -> int:
    """Length of the colour table that the packed byte of a screen or image announces."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _is_matroska_cut(file: BinaryIO, size: int) -> bool:
    """The EBML header is followed by one Segment. Source: RFC 8794 sections 4 and 6; all ones means an unknown size."""
    file.seek(4)
    header_length = _ebml_size(file)
    if header_length is None or header_length > size:
        return True
    file.seek(header_length + 4, 1)  # the Segment's ID has four bytes, as that of the header
    segment_length = _ebml_size(file)
    return segment_length is not None and file.tell() + segment_length > size


def _ebml_size(file: BinaryIO) -> int | None:
    """A variable-length integer: the leading zeros of its first byte count the bytes that follow; None = unknown."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    num_more = 8 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & (0x7F >> num_more)]) + file.read(num_more), "big")
    return None if value == (1 << (7 * (num_more + 1))) - 1 else value


_CONTAINERS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO, int], bool]], ...] = (
    (lambda head: head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"), _is_mp4_cut),
    (lambda head: head[:4] == b"RIFF", _is_avi_cut),
    (lambda head: head[:4] == b"GIF8", _is_gif_cut),
    (lambda head: head[:4] == b"\x1a\x45\xdf\xa3", _is_matroska_cut),
)
