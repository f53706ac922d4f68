"""The demonstration on the user's own film: adapt once, act in a few scenes, and say what the robot went for.

Nobody knows which container the film meant but the one who made it, so nothing is counted as a success here.
"""

import shutil
from pathlib import Path

from mil_interfaces.action import Adapt
from mil_nodes.policy_runner import UNADAPTED
from rich.console import Console
from rich.table import Table

from data_tools.errors import VideoError
from data_tools.pictures import side_by_side
from data_tools.video import read_video
from mil_bringup.client import Client
from mil_bringup.demo import DemoOptions
from mil_bringup.demo_films import place_task
from mil_bringup.demo_run import attempt, begin, recorded, whole_graph
from sim.collect import TRIAL_LAYOUT

FILM_ID = "own-film"
NUM_SCENES = 3


def run(options: DemoOptions, video: Path) -> None:
    """Adapt to a film and act. Raises: BringupError; MilError; DataError: the film cannot be used."""
    console = Console(highlight=False)
    film = read_video(video)
    library = (options.out / "library").resolve()
    library.mkdir(parents=True, exist_ok=True)
    # Readers look at what a file holds, not at its ending.
    shutil.copyfile(video, library / f"{FILM_ID}.mp4")
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
        for index in range(NUM_SCENES):
            with console.status(f"scene {index + 1} of {NUM_SCENES}"):
                choice, view = recorded(client, adaptation.adapted_id, index, TRIAL_LAYOUT)
                other = attempt(client, UNADAPTED, index, TRIAL_LAYOUT)
            side_by_side(film, view, options.out / f"own-film-{index}.mp4", ("your film", "the robot"), height=360)
            table.add_row(str(index), _container(index, choice.chosen), _container(index, other.chosen))
    console.print(table)
    console.print(f"the robot's view of each scene: {options.out}/own-film-0.mp4 to own-film-{NUM_SCENES - 1}.mp4")


def _container(index: int, chosen: int) -> str:
    container = place_task(index).containers[chosen]
    red, green, blue = (round(255 * share) for share in container.rgb)
    return f"[rgb({red},{green},{blue})]██[/] {container.kind}"
