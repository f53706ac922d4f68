"""The demonstration on the user's own film: adapt once, act in a few scenes, and say what the robot went for.

Nobody knows which container the film meant but the one who made it, so nothing is counted as a success here.
"""

from pathlib import Path

from mil_interfaces.action import Adapt
from mil_nodes.policy_runner import UNADAPTED
from rich.console import Console
from rich.table import Table

from data_tools.errors import VideoError
from data_tools.ingest import Cut, commit, stage
from data_tools.pictures import side_by_side
from data_tools.video import read_video
from mil_bringup.client import Client
from mil_bringup.demo import DemoOptions
from mil_bringup.demo_films import FOLDER, place_task
from mil_bringup.demo_results import OwnFilmResult, own_film_metrics, write_metrics, write_own_film_report
from mil_bringup.demo_run import attempt, begin, recorded, whole_graph
from mil_core.support import FILM_FRAMES, FILM_RATE_HZ
from sim.collect import TRIAL_LAYOUT

FILM_ID = "own-film"
NUM_SCENES = 3


def run(options: DemoOptions, video: Path) -> None:
    """Adapt to a film and act. Raises: BringupError; MilError; DataError: the film cannot be used."""
    console = Console(highlight=False)
    library = (options.out / FOLDER).resolve()
    commit(stage(video, FILM_ID, library, Cut(), FILM_FRAMES, FILM_RATE_HZ), library)
    film = read_video(library / f"{FILM_ID}.mp4")
    with whole_graph(options, library) as graph, Client(graph.check) as client:
        with console.status("starting the ROS 2 graph"):
            begin(client)
        adaptation = client.adapt(FILM_ID)
        if adaptation.termination_reason != Adapt.Result.SUCCEEDED:
            raise VideoError(adaptation.message)
        console.print(
            f"adapted in {adaptation.seconds:.2f} s, loss {adaptation.loss_before:.3g} to {adaptation.loss_after:.3g}"
        )
        table = Table("scene", "after your film", "without it", box=None)
        result, films = OwnFilmResult(adaptation.seconds, [], []), []
        for index in range(NUM_SCENES):
            with console.status(f"scene {index + 1} of {NUM_SCENES}"):
                choice, view = recorded(client, adaptation.adapted_id, index, TRIAL_LAYOUT)
                other = attempt(client, UNADAPTED, index, TRIAL_LAYOUT)
            films.append(options.out / ("demo.mp4" if index == 0 else f"demo-{index}.mp4"))
            side_by_side(film, view, films[-1], ("your film", "the robot"), height=360)
            result.adapted.append(choice)
            result.unadapted.append(other)
            table.add_row(str(index), _container(index, choice.chosen), _container(index, other.chosen))
    content = own_film_metrics(result)
    write_metrics(options.out / "metrics.json", content)
    write_own_film_report(options.out / "report.html", films, content)
    console.print(table)
    console.print(f"written to {options.out}: metrics.json, report.html, {', '.join(film.name for film in films)}")


def _container(index: int, chosen: int) -> str:
    container = place_task(index).containers[chosen]
    red, green, blue = (round(255 * share) for share in container.rgb)
    return f"[rgb({red},{green},{blue})]██[/] {container.kind}"
