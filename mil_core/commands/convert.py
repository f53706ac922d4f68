"""`mil convert`: demonstrations to and from the formats of other projects."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from data_tools.convert import FORMATS
from data_tools.convert.conversion import check_destination, convert
from data_tools.convert.format import ImageStorage, Losses, ReadOptions, WriteOptions
from data_tools.convert.limited import demos_of, survey
from data_tools.demo import Demo
from data_tools.provenance import Provenance
from mil_core.commands.output import BadArgument, console, write_json

Name = Literal["mil", "robomimic", "lerobot_v21", "lerobot_v3", "act", "minari", "mcap"]
QUICK_DEMOS = 2


@dataclass(frozen=True)
class Convert:
    """Convert a data set, read it back, and say what came through and what did not."""

    source: Positional[Path]
    """File or folder to read."""
    to: Name
    """Format to write."""
    out: Path
    """Name of the new file or folder."""
    source_format: Annotated[Name | None, arg(name="from")] = None
    """Format of the source; found out when left out."""
    images: ImageStorage | None = None
    """lossless: compressed, bit by bit the same; plain: not compressed; video: H.264, smaller and not quite the same.
    The usual way of the format when left out."""
    camera: str | None = None
    """Camera to take, when the source has several."""
    rate_hz: float | None = None
    """Rate of a source that holds no times, and of LeRobot's constant-rate rows."""
    keep_frames: bool = False
    """For LeRobot: write each frame once, even where its constant rate asks to repeat or to leave out."""
    report: Path | None = None
    """JSON file for the report."""
    overwrite: bool = False
    """Replace what stands at --out."""
    quick: bool = False
    """The first two demonstrations only."""

    def run(self) -> int:
        """Read, write, read back, compare, commit, say."""
        if self.rate_hz is not None and not 0 < self.rate_hz < 1e6:
            raise BadArgument(f"--rate-hz: expected a number above 0, found {self.rate_hz}; type the rate in Hz.")
        target = FORMATS[self.to]
        images = self.images or target.images[0]
        if images not in target.images:
            known = ", ".join(target.images)
            raise BadArgument(f"--images: expected {known} for {self.to}, found {images}; choose one of them.")
        check_destination(self.out, target, self.source, overwrite=self.overwrite)
        name, origin = self._source()
        options = ReadOptions(self.camera, self.rate_hz)

        def read(losses: Losses) -> Iterator[Demo]:
            return demos_of(self.source, name, options, losses)

        report = convert(
            self.source,
            name,
            self.out,
            (self.to, target),
            read,
            WriteOptions(images, self.rate_hz, self.keep_frames),
            origin=origin,
            overwrite=self.overwrite,
            max_demos=QUICK_DEMOS if self.quick else None,
        )
        if self.report is not None:
            write_json(self.report, report.to_dict())
        console.print(report.render())
        return 0

    def _source(self) -> tuple[str, Provenance | None]:
        """Format and origin of the source. Raises: BadArgument: it looks like no format, or like several."""
        if not self.source.exists():
            raise BadArgument(f"{self.source}: expected a file or folder, found nothing; check the name.")
        found = survey(self.source, self.source_format)
        if len(found) != 1:
            known = "; ".join(f"{name} ({part.title})" for name, part in FORMATS.items())
            raise BadArgument(
                f"{self.source}: expected one format that it looks like, found {', '.join(found) or 'none'}; "
                f"add --from with one of: {known}."
            )
        return found.popitem()
