"""An export folder of films that may be given away: nothing gets into it whose people and licence are not on record.

    films/<id>.mp4   the active part, as it lies in the library       sheets/<id>.png   its contact sheet
    films.json       for each film: file, sha256, task, true capture times, what was made unreadable, consent, licence
    README.md        the same in words

Names and hashes of the originals stay at home. Nothing is sent anywhere.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data_tools.atomic import file_sha256, replace_folder
from data_tools.errors import DataError
from data_tools.ingest import FILMS, Staged

NOT_STATED = "not stated"
"""Consent of which nothing is known."""
_PUBLIC = ("task_id", "stream", "part", "region", "blurred", "consent", "licence", "capture_time_s", "code_version")


def check_publishable(consent: str, licence: str) -> None:
    """Raises: DataError: consent or licence is missing."""
    if consent.strip() in ("", NOT_STATED):
        raise DataError(
            "--publish: expected what the people in the films agreed to, found nothing; "
            'type for instance --consent "signed by both, 2026-05-01, may be published"'
        )
    if not licence.strip():
        raise DataError("--publish: expected a licence, found none; type for instance --licence CC-BY-4.0")


def publish(library: Path, films: Sequence[Staged], out: Path) -> None:
    """Write the export folder of films that lie in the library; it appears whole or not at all.

    Raises: DataError: the folder exists.
    """
    if out.exists():
        raise DataError(f"--publish: expected nothing at {out}, found something; name another folder.")
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for kind in ("films", "sheets"):
        (partial / kind).mkdir(parents=True)
    entries = [_entry(library, film, partial) for film in films]
    (partial / "films.json").write_text(json.dumps({"films": entries}, indent=1) + "\n")
    (partial / "README.md").write_text(_readme(entries))
    replace_folder(partial, out)


def _entry(library: Path, film: Staged, folder: Path) -> dict[str, Any]:
    name = f"films/{film.name}.mp4"
    shutil.copyfile(library / FILMS / f"{film.name}.mp4", folder / name)
    shutil.copyfile(library / f"{film.name}.png", folder / "sheets" / f"{film.name}.png")
    return {"file": name, "sha256": file_sha256(folder / name)} | {key: film.facts[key] for key in _PUBLIC}


def _readme(entries: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        f"| `{entry['file']}` | {entry['task_id'] or 'not paired'} | {entry['stream']['count']} | "
        f"{', '.join(entry['blurred']) or 'nothing'} | {entry['consent']} | {entry['licence']} |"
        for entry in entries
    ]
    return (
        "# Films of demonstrations\n\nWithout sound and location; the true capture times stand in `films.json`.\n\n"
        "| film | task | frames | made unreadable | consent | licence |\n|---|---|---|---|---|---|\n"
        + "\n".join(lines)
        + "\n"
    )
