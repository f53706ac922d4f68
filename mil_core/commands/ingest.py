"""`mil ingest`: films from anywhere become films of the library, by an id, ready to adapt to."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from data_tools.errors import DataError
from data_tools.film_faces import face_detector
from data_tools.film_pairs import named_films, paired
from data_tools.film_region import Region, save_region, saved_region
from data_tools.ingest import Cut, Staged, commit, discard, stage
from data_tools.ingest_page import write_page
from data_tools.provenance import code_version
from data_tools.publish import NOT_STATED, check_publishable, publish
from mil_core.commands.output import BadArgument, console, refuse_existing, write_json
from mil_core.support import FILM_FRAMES, FILM_RATE_HZ


@dataclass(frozen=True)
class Ingest:
    """Check films, find the part that shows the task, and put it into the library with a page to look at first."""

    films: Positional[tuple[Path, ...]]
    """Films in any usual video format, of any size and length, or folders of films."""
    id: str | None = None
    """Name of a single film in the library: lower-case letters, digits, - and _; else made from the file's name."""
    library: Annotated[Path, arg(aliases=("--out",))] = Path("out/library")
    """Folder of the library."""
    crop: tuple[float, float, float, float] | None = None
    """Keep X Y WIDTH HEIGHT of the upright picture: fractions when none is above 1, else pixels."""
    region: str | None = None
    """Keep a region that was saved under this name."""
    save_region: str | None = None
    """Save what --crop names under this name, for --region."""
    start_s: float | None = None
    """First time of the film to keep; found by motion when left out."""
    end_s: float | None = None
    """Last time of the film to keep; found by motion when left out."""
    whole: bool = False
    """Keep each film from its first frame to its last."""
    blur_outside: bool = False
    """Keep the whole picture, but make unreadable what lies outside --crop or --region."""
    blur_faces: bool = False
    """Paint over faces, as far as a detector finds them: look at the result."""
    face_model: Path | None = None
    """YuNet model (.onnx) for --blur-faces; needed with OpenCV 5, which ships no detector."""
    task_id: str = ""
    """Task that the films show."""
    pairs: str = ""
    """Task of each film: `folder` = the name of its folder, else a CSV file with the columns film,task_id."""
    consent: str = NOT_STATED
    """What the people in the films agreed to."""
    licence: str = ""
    """Licence of the films, as an SPDX name such as CC-BY-4.0."""
    publish: Path | None = None
    """Also write a folder that can be given away; needs --consent and --licence."""
    preview: bool = False
    """Stop after the contact sheets and the page: put nothing into the library."""
    overwrite: bool = False
    """Replace films of the same id."""

    def run(self) -> int:
        """Read, cut, draw, show; only then move into the library."""
        named = self._checked()
        cut = self._cut()
        tasks = paired(list(named.values()), self.task_id, self.pairs)
        staged: list[Staged] = []
        refused: list[str] = []
        try:
            for (name, film), task_id in zip(named.items(), tasks, strict=True):
                self._stage(film, name, task_id, cut, staged, refused)
            if not staged and len(refused) == 1:
                raise DataError(refused[0])
            if self.save_region and staged:
                save_region(self.library, self.save_region, Region(*staged[0].facts["region"]))
            page = write_page(self.library, staged, refused)
            console.print(f"look at {page}")
            if not self.preview:
                self._keep(staged)
        finally:
            for film in staged:
                discard(film)
        for line in refused:
            console.print(f"refused: {line}")
        return 2 if refused else 0

    def _checked(self) -> dict[str, Path]:
        """Everything that can be refused before a film is opened."""
        if self.id is not None and (len(self.films) > 1 or any(film.is_dir() for film in self.films)):
            raise BadArgument("--id: expected a single film, found several or a folder; leave --id out.")
        if self.crop and self.region:
            raise BadArgument("expected either --crop or --region, found both; leave one out.")
        if self.save_region and not self.crop:
            raise BadArgument("--save-region: expected --crop X Y WIDTH HEIGHT with it, found none; add it.")
        if self.blur_outside and not (self.crop or self.region):
            raise BadArgument("--blur-outside: expected a region, found none; add --region NAME or --crop X Y W H.")
        if self.whole and (self.start_s is not None or self.end_s is not None):
            raise BadArgument("expected either --whole or --start-s and --end-s, found both; leave one out.")
        if self.publish is not None:
            check_publishable(self.consent, self.licence)
            refuse_existing(self.publish, overwrite=False)
        named = named_films(self.films, self.id)
        for name in named:
            refuse_existing(self.library / f"{name}.mp4", overwrite=self.overwrite)
        return named

    def _cut(self) -> Cut:
        crop = self.crop
        if self.region:
            region = saved_region(self.library, self.region)
            crop = (region.x, region.y, region.width, region.height)
        detector = face_detector(self.face_model) if self.blur_faces else None
        start_s, end_s = (0.0, float("inf")) if self.whole else (self.start_s, self.end_s)
        return Cut(crop, start_s, end_s, self.blur_outside, detector)

    def _stage(self, film: Path, name: str, task_id: str, cut: Cut, staged: list[Staged], refused: list[str]) -> None:
        """Stage one film, or put down why it cannot be used: the others of a folder are not held up by it."""
        try:
            entry = stage(film, name, self.library, cut, FILM_FRAMES, FILM_RATE_HZ)
        except DataError as error:
            refused.append(str(error))
            return
        stated = {"task_id": task_id, "consent": self.consent, "licence": self.licence, "code_version": code_version()}
        staged.append(replace(entry, facts=entry.facts | stated))
        stream, part = entry.facts["stream"], entry.facts["part"]
        console.print(
            f"{film}: {part['start_s']:.1f} to {part['end_s']:.1f} s, {stream['count']} frames at "
            f"{stream['rate_hz']:.1f} Hz, {stream['drops']} dropped; id {name!r}"
        )

    def _keep(self, staged: list[Staged]) -> None:
        for film in staged:
            write_json(self.library / f"{film.name}.json", film.facts)
            commit(film, self.library)
        if staged and self.publish is not None:
            publish(self.library, staged, self.publish)
            console.print(f"to give away: {self.publish}")
        if staged:
            name = staged[0].name
            console.print(
                f"then type: mil adapt --checkpoint checkpoints/daml_place "
                f"--video {self.library / name}.mp4 --out out/{name}"
            )
