"""Every expert by the name of its task. A new expert is one file and one line here."""

from sim.experts.expert import AbstractExpert
from sim.experts.metaworld import MetaworldExpert
from sim.experts.place import PlaceExpert
from sim.experts.push import PushExpert
from sim.experts.reach import ReachExpert
from sim.experts.tabletop import TabletopExpert

EXPERTS: dict[str, type[AbstractExpert]] = {
    "metaworld_reach": MetaworldExpert,
    "metaworld_reach_hidden": MetaworldExpert,
    "metaworld_push": MetaworldExpert,
    "metaworld_push_hidden": MetaworldExpert,
    "metaworld_pick_place": MetaworldExpert,
    "metaworld_pick_place_hidden": MetaworldExpert,
    "metaworld_ml10": MetaworldExpert,
    "place": PlaceExpert,
    "push": PushExpert,
    "push_small": PushExpert,
    "reach": ReachExpert,
    "reach_states": ReachExpert,
    "tabletop": TabletopExpert,
}
