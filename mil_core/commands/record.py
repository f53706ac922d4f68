"""`mil record`: demonstrations by a person, or by the expert at the same controls, in simulation."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data_tools.demo import Split
from data_tools.errors import DataError
from data_tools.film_folder import film_folder
from data_tools.hdf5 import read_provenance, read_tasks
from data_tools.provenance import Provenance
from data_tools.recorder_takes import Episode, Takes
from data_tools.seal import check_seal
from mil_core.commands.output import BadArgument, console, refuse_existing, require_at_least
from mil_core.commands.record_session import Session, SessionOptions
from mil_core.commands.record_view import View
from sim.collect import Order, layout_rng, robot_class, task_at
from sim.environments import open_environment
from sim.teleop import TELEOPS
from sim.teleop.teleop import Wish


@dataclass(frozen=True)
class Record:
    """Record episodes of one task into a demo file; what a crash leaves behind is recovered at the next start."""

    task: str
    """Name of the task."""
    robot: str
    """Name of the robot."""
    out: Path
    """Demo file to write, ending in .hdf5; the folder OUT.takes beside it holds one sealed file for each episode."""
    teleop: Literal["keyboard", "gamepad", "spacemouse", "scripted"] = "keyboard"
    """Who moves the robot. keyboard: works over SSH. scripted: the task's expert, for tests and automation."""
    episodes: int = 1
    """Episodes to record; with --resume, that many more."""
    seed: int = 0
    """Seed of the task and its scenes."""
    split: Split = "train"
    """Which objects and colours may occur."""
    max_steps: int | None = None
    """Longest episode in control steps; the task's own length when left out."""
    spectator: bool = False
    """Also record a second, larger picture of the scene."""
    resume: bool = False
    """Go on in a file that is there."""
    overwrite: bool = False
    """Replace a file that is there, and its takes."""
    quick: bool = False
    """One episode."""

    def run(self) -> int:
        """Record, seal, join. Exit code 1 when a fault ended a take."""
        self._check()
        provenance = Provenance(task=self.task, split=self.split, seed=self.seed, created_by="mil record")
        task, robot = task_at(self.task, self.split, self.seed, 0), robot_class(self.robot)()
        device = TELEOPS[self.teleop]()
        with device, open_environment(task, robot) as env:
            env.reset(layout_rng(self.seed, self.split, 0, 0))
            device.check(env)
            with Takes(self._takes_folder, provenance) as takes:
                if self.overwrite:
                    takes.clear()
                for episode in () if self.overwrite else takes.recovered:
                    console.print(f"recovered: {told(episode)}")
                options = SessionOptions(self.max_steps or task.horizon_steps, self.spectator)
                try:
                    with View(console, device.help, is_picture_wanted=device.is_human) as view:
                        session = Session(env, device, takes, view, options, self.teleop)
                        is_whole = self._record(session, takes)
                finally:
                    count = takes.join(self.out, anew=self.overwrite) if takes.episodes() else 0
        look = f"; look at them: mil inspect {self.out}" if count else ", nothing was kept"
        console.print(f"{count} episodes in {self.out}{look}")
        return 0 if is_whole else 1

    @property
    def _takes_folder(self) -> Path:
        return self.out.with_suffix(".takes")

    def _record(self, session: Session, takes: Takes) -> bool:
        """Take after take; False when a fault ended one."""
        left = 1 if self.quick else self.episodes
        while left:
            rng = layout_rng(self.seed, self.split, 0, takes.next_number())
            episode, wish = session.record(rng)
            if episode is not None:
                console.print(told(episode))
                left -= episode.path is not None
                if episode.is_faulty:
                    return False
            if wish is Wish.STOP:
                break
        return True

    def _check(self) -> None:
        """Refuse what cannot be done before anything is touched. Raises: BadArgument, SimError, DataError."""
        require_at_least(1, {"episodes": self.episodes, "max-steps": 1 if self.max_steps is None else self.max_steps})
        require_at_least(0, {"seed": self.seed})
        if self.teleop == "scripted":
            Order(self.task, self.robot, self.split)  # which refuses a robot that the expert cannot move
        if self.out.suffix != ".hdf5":
            raise BadArgument(f"--out: expected a name that ends in .hdf5, found {self.out}; change the name.")
        if self.resume and self.overwrite:
            raise BadArgument("expected --resume or --overwrite, found both; leave one out.")
        films = film_folder(self.out)
        if films.exists() and not self.out.exists():
            raise BadArgument(
                f"{self.out}: expected no films without their demo file, found {films}; move them away, or choose "
                "another name."
            )
        if self.resume:
            self._check_resume()
            return
        if self._takes_folder.exists() and not self.overwrite:
            raise BadArgument(
                f"{self._takes_folder}: expected nothing there, found what was recorded before; add --resume to go on, "
                "which also recovers what a crash left behind, or choose another name; --overwrite deletes it."
            )
        refuse_existing(self.out, overwrite=self.overwrite)

    def _check_resume(self) -> None:
        """Episodes of one file share task and robot, and stand in the folder of takes."""
        if not self._takes_folder.is_dir():
            raise BadArgument(
                f"--resume: expected the folder {self._takes_folder}, found none; record without --resume, or to "
                "another name and merge the two."
            )
        if self.out.exists():
            try:
                check_seal(self.out)
            except DataError as error:
                raise BadArgument(
                    f"--resume: expected a whole file, found {error} Or move it away: it is then made again from "
                    f"{self._takes_folder}, without what was edited."
                ) from error
        for episode in sorted(self._takes_folder.glob("episode-*.hdf5"))[:1]:
            origin = read_provenance(episode)
            found = (origin.task, next(read_tasks(episode)).demos[0].robot, origin.split)
            if found != (self.task, self.robot, self.split):
                raise BadArgument(
                    f"--resume: expected task {found[0]!r}, robot {found[1]!r} and split {found[2]!r} of the file, "
                    f"found {self.task!r}, {self.robot!r} and {self.split!r}; change them, or record to another name."
                )


def told(episode: Episode) -> str:
    """One line about an episode."""
    end = episode.end
    if episode.path is None:
        return f"take {episode.number}: no whole step, nothing kept ({end['reason']})"
    message = f": {end['message']}" if end["message"] else ""
    dropped = sum(end["overflowed"].values())
    return (
        f"episode {episode.number}: {episode.num_steps} steps, {end['outcome']} (says {end['label_by']}), "
        f"{dropped} dropped; {end['reason']}{message}"
    )
