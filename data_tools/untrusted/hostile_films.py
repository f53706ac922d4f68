"""Films that are whole and mean harm: sizes and lengths that cannot be, lists of other files, pictures in loops.

Made by overwriting numbers in good films, whose places follow from the containers' specifications: ISO/IEC 14496-12
(mp4), RFC 8794 and the Matroska elements (mkv, webm), GIF89a.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

Change = Callable[[bytearray, np.random.Generator], bytes]
"""From the bytes of a film to those of a hostile one."""
_ABSURD = (0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 3600 * 24 * 365, 65_535, 0x80000000)


def make_hostile(path: Path, outside: Path, rng: np.random.Generator) -> str:
    """Turn a good film into a hostile one, in place. Args: outside: folder to point to. Returns: the kind."""
    kinds = [*_LISTS, *_BY_CONTAINER[path.suffix]]
    kind = str(rng.choice(kinds))
    if kind in _LISTS:
        _LISTS[kind](path, outside)
    else:
        path.write_bytes(_BY_CONTAINER[path.suffix][kind](bytearray(path.read_bytes()), rng))
    return kind


def _playlist(path: Path, outside: Path) -> None:
    path.write_text(f"#EXTM3U\n#EXTINF:1,\n{outside / 'film.mp4'}\n#EXT-X-ENDLIST\n")


def _concat(path: Path, outside: Path) -> None:
    path.write_text(f"ffconcat version 1.0\nfile '{outside / 'film.mp4'}'\nfile 'http://127.0.0.1:9/a.mp4'\n")


def _pattern(path: Path, outside: Path) -> None:
    path.write_text("<?xml version='1.0'?><MPD><BaseURL>file:///etc/passwd</BaseURL></MPD>")


def _link(path: Path, outside: Path) -> None:
    path.unlink()
    path.symlink_to(outside / "film.mp4")


def _device(path: Path, outside: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _pipe(path: Path, outside: Path) -> None:
    path.unlink()
    os.mkfifo(path)


_LISTS: dict[str, Callable[[Path, Path], None]] = {
    "playlist": _playlist, "concat": _concat, "manifest": _pattern, "link": _link, "device": _device, "pipe": _pipe,
}  # fmt: skip


def _numbers_after(
    tag: bytes, first: int, count: int, width: int = 4
) -> Callable[[bytearray, np.random.Generator], bytes]:
    """Overwrite some numbers that follow each place where a tag stands."""

    def change(content: bytearray, rng: np.random.Generator) -> bytes:
        place = content.find(tag)
        while place >= 0:
            for index in range(count):
                start = place + len(tag) + first + index * width
                if rng.random() < 0.6 and start + width <= len(content):
                    value = int(rng.choice(_ABSURD)) & ((1 << 8 * width) - 1)
                    content[start : start + width] = value.to_bytes(width, "big")
            place = content.find(tag, place + len(tag))
        return bytes(content)

    return change


def _atom_size(content: bytearray, rng: np.random.Generator) -> bytes:
    """One atom claims to be empty, negative, endless, or longer than the file."""
    tags = [tag for tag in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mdat", b"ftyp") if tag in content]
    place = content.find(tags[int(rng.integers(0, len(tags)))])
    content[place - 4 : place] = int(rng.choice([0, 1, 7, 8, 0x7FFFFFFF, 0xFFFFFFFF])).to_bytes(4, "big")
    return bytes(content)


def _nested(content: bytearray, rng: np.random.Generator) -> bytes:
    """A thousand boxes, each in the one before."""
    inner = b""
    for _ in range(int(rng.integers(100, 3000))):
        inner = (len(inner) + 8).to_bytes(4, "big") + b"moov" + inner
    return bytes(content[:32]) + inner + bytes(content[32:])


def _gif_size(content: bytearray, rng: np.random.Generator) -> bytes:
    for place in (6, 8):
        content[place : place + 2] = int(rng.choice([0, 1, 5000, 65_535])).to_bytes(2, "little")
    return bytes(content)


def _gif_pictures(content: bytearray, rng: np.random.Generator) -> bytes:
    """Pictures that lie outside of the screen or are larger than it, with delays of minutes."""
    place = content.find(b"\x21\xf9\x04")
    while place >= 0:
        content[place + 4 : place + 6] = int(rng.choice([0, 1, 65_535])).to_bytes(2, "little")
        for offset in (9, 11, 13, 15):
            if rng.random() < 0.4:
                content[place + offset : place + offset + 2] = int(rng.integers(0, 65_536)).to_bytes(2, "little")
        place = content.find(b"\x21\xf9\x04", place + 8)
    return bytes(content)


def _gif_many(content: bytearray, rng: np.random.Generator) -> bytes:
    """The same pictures some hundred times."""
    start = content.find(b"\x21\xf9\x04")
    return bytes(content[:start]) + bytes(content[start:-1]) * int(rng.integers(50, 400)) + b"\x3b"


def _matroska_float(tag: bytes) -> Change:
    def change(content: bytearray, rng: np.random.Generator) -> bytes:
        place = content.find(tag)
        if place >= 0:
            value = float(rng.choice([np.nan, np.inf, -1.0, 3.6e9, 1e300, 0.0]))
            start = place + len(tag) + 1
            content[start : start + 8] = np.array(value, ">f8").tobytes()
        return bytes(content)

    return change


_MP4 = {
    "durations": _numbers_after(b"mvhd", 4, 5), "track length": _numbers_after(b"mdhd", 4, 5),
    "track header": _numbers_after(b"tkhd", 4, 20), "picture size": _numbers_after(b"avc1", 24, 2, 2),
    "sample sizes": _numbers_after(b"stsz", 4, 4), "sample times": _numbers_after(b"stts", 4, 4),
    "sample shifts": _numbers_after(b"ctts", 4, 4), "chunks": _numbers_after(b"stsc", 4, 5),
    "chunk places": _numbers_after(b"stco", 4, 3), "edit list": _numbers_after(b"elst", 4, 4),
    "codec setup": _numbers_after(b"avcC", 0, 8, 2), "atom size": _atom_size, "nested": _nested,
}  # fmt: skip
_MATROSKA = {
    "width": _numbers_after(b"\xb0\x82", 0, 2, 1), "height": _numbers_after(b"\xba\x81", 0, 1, 1),
    "tick": _numbers_after(b"\x2a\xd7\xb1", 1, 1, 3), "length": _matroska_float(b"\x44\x89"),
    "cluster time": _numbers_after(b"\xe7", 0, 2, 1), "block": _numbers_after(b"\xa3", 0, 6, 1),
    "segment": _numbers_after(b"\x18\x53\x80\x67", 0, 2), "lacing": _numbers_after(b"\x9c", 0, 1, 1),
}  # fmt: skip
_GIF = {"screen": _gif_size, "pictures": _gif_pictures, "many": _gif_many}
_BY_CONTAINER = {".mp4": _MP4, ".mov": _MP4, ".webm": _MATROSKA, ".mkv": _MATROSKA, ".gif": _GIF}
