"""The demonstration itself: for each task adapt to its film, then act with and without what the film taught."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from mil_interfaces.action import Adapt, RunPolicy
from mil_nodes.policy_runner import UNADAPTED
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from data_tools.demo import Video
from data_tools.pictures import side_by_side
from data_tools.video import read_video
from mil_bringup.bringup import Graph
from mil_bringup.client import Client
from mil_bringup.demo import DemoOptions
from mil_bringup.demo_films import FOLDER, SEED, SPLIT, FilmMaker, place_task
from mil_bringup.demo_results import Attempt, TaskResult, metrics, sentence, write_metrics, write_report
from mil_bringup.environment import ROOT
from mil_bringup.processes import ADAPT_AND_RUN, params_file
from sim.collect import TRIAL_LAYOUT

NS_PER_S = 1e9
Say = Callable[[str], None]


def run(options: DemoOptions) -> None:
    """Run all tasks, print and write what came out. Raises: BringupError, MilError, DataError."""
    console, start_s = Console(highlight=False), time.monotonic()
    library, out = (options.out / FOLDER).resolve(), options.out
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    results: list[TaskResult] = []
    with (
        FilmMaker(library, options.tasks) as films,
        whole_graph(options, library) as graph,
        Client(graph.check) as client,
    ):
        with Progress(*columns, console=console) as progress:
            bar = progress.add_task("starting the ROS 2 graph", total=options.tasks)
            begin(client)
            for index in range(options.tasks):
                film_id = films.film_id(index, client.wait)
                progress.update(bar, description=f"adapting to {film_id}")
                results.append(_attempt_task(client, index, film_id, out / "demo.mp4" if index == 0 else None, library))
                progress.update(bar, advance=1, description=_standing(results))
                if not console.is_terminal:
                    console.print(f"task {index + 1}/{options.tasks}  {_standing(results)}")
    content = metrics(results)
    write_metrics(out / "metrics.json", content)
    write_report(out / "report.html", out / "demo.mp4", content, results)
    _print(console, content, out, time.monotonic() - start_s)


def whole_graph(options: DemoOptions, library: Path) -> Graph:
    """The processes of the demonstration, simulated world in fast mode."""
    folders = {"library": library, "checkpoint": options.checkpoint.resolve()}
    return Graph(ADAPT_AND_RUN, params_file("fast"), {"policy_runner": folders}, (options.out / "log").resolve())


def begin(client: Client) -> None:
    """Wait for the graph and allow motion."""
    client.wait_ready()
    client.arm()


def attempt(client: Client, adapted_id: str, index: int, layout: int) -> Attempt:
    """One episode of a policy in one layout of a task."""
    scene = client.reset_scene("place", SPLIT, SEED, index, layout)
    ended = client.run_policy(adapted_id, scene.horizon_steps)
    outcome = client.outcome()
    completed = ended.termination_reason == RunPolicy.Result.COMPLETED
    success = completed and getattr(outcome, place_task(index).criterion)
    return Attempt(success, outcome.chosen, list(ended.latency_ms), ended.message)


def recorded(client: Client, adapted_id: str, index: int, layout: int) -> tuple[Attempt, Video]:
    """The same with the robot's view for people."""
    with client.watching() as pictures:
        before_ns = max(pictures)
        done = attempt(client, adapted_id, index, layout)
        stamps = sorted(stamp for stamp in pictures if stamp > before_ns)
    frames = np.stack([pictures[stamp] for stamp in stamps])
    return done, Video(frames, (np.array(stamps) - stamps[0]) / NS_PER_S)


def _attempt_task(client: Client, index: int, film_id: str, record_to: Path | None, library: Path) -> TaskResult:
    adaptation = client.adapt(film_id)
    if adaptation.termination_reason != Adapt.Result.SUCCEEDED:
        adapted = Attempt(False, -1, [], adaptation.message)
    elif record_to is None:
        adapted = attempt(client, adaptation.adapted_id, index, TRIAL_LAYOUT)
    else:
        adapted, view = recorded(client, adaptation.adapted_id, index, TRIAL_LAYOUT)
        film = read_video(library / f"{film_id}.mp4")
        side_by_side(film, view, record_to, ("the film", "the robot"), height=360)
    unadapted = attempt(client, UNADAPTED, index, TRIAL_LAYOUT)
    return TaskResult(film_id, adaptation.seconds, adapted, unadapted)


def _standing(results: list[TaskResult]) -> str:
    adapted = sum(result.adapted.success for result in results)
    unadapted = sum(result.unadapted.success for result in results)
    return f"adapted {adapted}/{len(results)}  unadapted {unadapted}/{len(results)}"


def _print(console: Console, content: dict, out: Path, duration_s: float) -> None:
    seconds, control = content["adapt_seconds"], content["control_ms"]
    console.print(sentence("after one film:  ", content["adapted"]))
    console.print(sentence("without the film:", content["unadapted"]) + " in the same scenes")
    console.print(f"adaptation       {seconds['p50']:.2f} s median, {seconds['max']:.2f} s longest")
    console.print(f"control step     {control['p50']:.1f} ms p50, {control['p99']:.1f} ms p99")
    console.print(f"demonstration    {duration_s:.0f} s on ROS 2 {content['ros_distro']} with {content['rmw']}")
    shown = out.resolve().relative_to(ROOT) if out.resolve().is_relative_to(ROOT) else out
    console.print(f"written to {shown}: metrics.json, demo.mp4, report.html")
