"""Every experiment by name: one table of results each, with all variants of it that are trained."""

from collections.abc import Callable
from pathlib import Path

from mil_core.experiments.classifier import ClassifierExperiment
from mil_core.experiments.daml_place import daml_place
from mil_core.experiments.experiment import Experiment
from mil_core.experiments.flo_arrange import (
    flo_arrange,
    flo_arrange_autoencoder,
    flo_arrange_mined,
    flo_arrange_predictor,
    flo_arrange_spatial_autoencoder,
)
from mil_core.experiments.flo_place import flo_place
from mil_core.experiments.flo_push import flo_push
from mil_core.experiments.flo_rope import flo_rope, flo_rope_autoencoder, flo_rope_spatial_autoencoder
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.experiments.mandril_spriteworld import (
    mandril_spriteworld,
    mandril_spriteworld_conditional,
    mandril_spriteworld_fine_tuned,
    mandril_spriteworld_recurrent,
)
from mil_core.experiments.mandril_tabletop import mandril_tabletop
from mil_core.experiments.mil_metaworld import (
    mil_metaworld_ml10,
    mil_metaworld_pick_place,
    mil_metaworld_pick_place_hidden,
    mil_metaworld_push,
    mil_metaworld_push_hidden,
    mil_metaworld_reach,
    mil_metaworld_reach_hidden,
)
from mil_core.experiments.mil_place import mil_place, mil_place_video
from mil_core.experiments.mil_push import mil_push
from mil_core.experiments.mil_push_presets import mil_push_paper, mil_push_released
from mil_core.experiments.mil_reach import mil_reach
from mil_core.experiments.mil_reach_states import mil_reach_states
from mil_core.experiments.predictor import PredictorExperiment
from mil_core.experiments.reward import RewardExperiment
from mil_core.experiments.rope import RopeExperiment
from mil_core.experiments.variants import variant

_IMITATION: dict[str, Callable[[], ImitationExperiment]] = {
    "mil_push": mil_push,
    "mil_push_paper": mil_push_paper,
    "mil_push_released": mil_push_released,
    "mil_reach": mil_reach,
    "mil_reach_states": mil_reach_states,
    "mil_place": mil_place,
    "mil_place_video": mil_place_video,
    "mil_metaworld_reach": mil_metaworld_reach,
    "mil_metaworld_push": mil_metaworld_push,
    "mil_metaworld_pick_place": mil_metaworld_pick_place,
    "mil_metaworld_reach_hidden": mil_metaworld_reach_hidden,
    "mil_metaworld_push_hidden": mil_metaworld_push_hidden,
    "mil_metaworld_pick_place_hidden": mil_metaworld_pick_place_hidden,
    "mil_metaworld_ml10": mil_metaworld_ml10,
    "daml_place": daml_place,
}
_OTHERS: dict[str, Callable[[], Experiment]] = {
    "mandril_spriteworld": mandril_spriteworld,
    "mandril_spriteworld_conditional": mandril_spriteworld_conditional,
    "mandril_spriteworld_fine_tuned": mandril_spriteworld_fine_tuned,
    "mandril_spriteworld_recurrent": mandril_spriteworld_recurrent,
    "mandril_tabletop": mandril_tabletop,
    "flo_arrange": flo_arrange,
    "flo_arrange_autoencoder": flo_arrange_autoencoder,
    "flo_arrange_spatial_autoencoder": flo_arrange_spatial_autoencoder,
    "flo_arrange_mined": flo_arrange_mined,
    "flo_arrange_predictor": flo_arrange_predictor,
    "flo_rope": flo_rope,
    "flo_rope_autoencoder": flo_rope_autoencoder,
    "flo_rope_spatial_autoencoder": flo_rope_spatial_autoencoder,
    "flo_place": flo_place,
    "flo_push": flo_push,
}

_ABLATIONS, _RIVALS = ("one_head", "no_bias", "first_order"), ("contextual", "lstm", "attention")
_ALL = (*_ABLATIONS, "video_state", "video_linear", "video_temporal", *_RIVALS)
VARIANTS: dict[str, tuple[str, ...]] = {
    "mil_place": (*_ABLATIONS, "video_state", "video_linear", "video", *_RIVALS),
    "mil_reach_states": (*_ABLATIONS, *_RIVALS, "lstm_attention"),
    "mil_reach": _ALL,
    "mil_push": _ALL,
    "mil_metaworld_reach": _ALL,
    "mil_metaworld_push": _ALL,
    "mil_metaworld_pick_place": _ALL,
    "mil_metaworld_reach_hidden": _ALL,
    "mil_metaworld_push_hidden": _ALL,
    "mil_metaworld_pick_place_hidden": _ALL,
    "mil_metaworld_ml10": _ALL,
}
"""Experiment -> what others in its table of results are called behind its name and an underscore."""


def _variants() -> dict[str, Callable[[], ImitationExperiment]]:
    """Every variant that is the whole with one change, and so needs no function of its own."""
    made = {}
    for name, changes in VARIANTS.items():
        start = Path(_IMITATION[name]().training.start_from or "").name
        for change in changes:
            if f"{name}_{change}" not in _IMITATION:
                # Where the whole goes on from weights of its own, so does what it is compared with.
                from_its_own = change in VARIANTS.get(start, ())
                made[f"{name}_{change}"] = variant(_IMITATION[name], change, from_its_own=from_its_own)
    return made


EXPERIMENTS: dict[str, Callable[[], Experiment]] = _IMITATION | _variants() | _OTHERS

KINDS: dict[str, type[Experiment]] = {
    kind.kind: kind
    for kind in (ImitationExperiment, RewardExperiment, ClassifierExperiment, RopeExperiment, PredictorExperiment)
}
"""Kind -> class of the experiments of that kind."""
