"""A film that grows picture by picture at a constant rate, for data sets that are longer than memory."""

from functools import cache
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

CODEC, PIXELS = "h264", "yuv420p"
_CPU_FLAGS = Path("/proc/cpuinfo")


class ConstantRateEncoder:
    """Writes an mp4 file, H.264 4:2:0, with a key frame at every second picture so that any picture is found quickly.

    Leaving its `with` block finishes the file; it does not commit it.
    Args: path: new file. height, width: even. rate_hz: pictures in a second. crf: 18 looks lossless, 28 is poor.
    """

    def __init__(self, path: Path, height: int, width: int, rate_hz: int, crf: int = 18) -> None:
        self._container = av.open(str(path), "w", format="mp4")
        self._stream = h264_stream(self._container, height, width, {"crf": str(crf), "g": "2"}, rate_hz)
        self.count = 0

    def __enter__(self) -> "ConstantRateEncoder":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def append(self, frame: NDArray[np.uint8]) -> None:
        """Add one RGB picture, shape (height, width, 3)."""
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        picture.pts = self.count
        self._container.mux(self._stream.encode(picture))
        self.count += 1

    def close(self) -> None:
        """Finish the file."""
        if self.count:
            self._container.mux(self._stream.encode())
        self._container.close()


def h264_stream(
    container: OutputContainer, height: int, width: int, options: dict[str, str], rate_hz: int | None = None
) -> VideoStream:
    """A new stream of H.264, 4:2:0, by which the same pictures always become the same file.

    Args: height, width: even. options: of x264. rate_hz: None where each picture has a time of its own.
    """
    stream = container.add_stream("libx264", rate=rate_hz, options=options | _same_bytes_each_time())
    stream.height, stream.width, stream.pix_fmt = height, width, PIXELS
    stream.thread_count = 1  # the same bytes on every machine, and many workers write at once, each with one core
    return stream


@cache
def _same_bytes_each_time() -> dict[str, str]:
    """Options of x264 by which the same pictures always become the same file.

    Where it tells by AVX-512 how much later pictures need each block, a film comes out now and then otherwise, some
    films every other time; by AVX2 none of ten thousand did.
    """
    has_avx512 = _CPU_FLAGS.is_file() and "avx512" in _CPU_FLAGS.read_text()
    return {"x264-params": "asm=avx2"} if has_avx512 else {}
