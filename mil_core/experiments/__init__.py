"""Every experiment by name: one module each, one table of results each."""

from collections.abc import Callable

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
from mil_core.experiments.mil_metaworld_rivals import (
    mil_metaworld_pick_place_attention,
    mil_metaworld_pick_place_contextual,
    mil_metaworld_pick_place_lstm,
    mil_metaworld_push_attention,
    mil_metaworld_push_contextual,
    mil_metaworld_push_hidden_attention,
    mil_metaworld_push_hidden_contextual,
    mil_metaworld_push_hidden_lstm,
    mil_metaworld_push_lstm,
    mil_metaworld_reach_attention,
    mil_metaworld_reach_contextual,
    mil_metaworld_reach_lstm,
)
from mil_core.experiments.mil_place import (
    mil_place,
    mil_place_attention,
    mil_place_contextual,
    mil_place_lstm,
    mil_place_video,
)
from mil_core.experiments.mil_push import mil_push
from mil_core.experiments.mil_push_ablations import (
    mil_push_first_order,
    mil_push_no_bias,
    mil_push_one_head,
    mil_push_video_linear,
    mil_push_video_state,
    mil_push_video_temporal,
)
from mil_core.experiments.mil_push_baselines import mil_push_attention, mil_push_contextual, mil_push_lstm
from mil_core.experiments.mil_push_presets import mil_push_paper, mil_push_released
from mil_core.experiments.mil_reach import mil_reach
from mil_core.experiments.mil_reach_states import (
    mil_reach_states,
    mil_reach_states_attention,
    mil_reach_states_contextual,
    mil_reach_states_first_order,
    mil_reach_states_lstm,
    mil_reach_states_no_bias,
    mil_reach_states_one_head,
)
from mil_core.experiments.mil_reach_variants import (
    mil_reach_attention,
    mil_reach_contextual,
    mil_reach_lstm,
    mil_reach_no_bias,
    mil_reach_one_head,
)
from mil_core.experiments.predictor import PredictorExperiment
from mil_core.experiments.reward import RewardExperiment
from mil_core.experiments.rope import RopeExperiment

EXPERIMENTS: dict[str, Callable[[], Experiment]] = {
    "mil_push": mil_push,
    "mil_push_contextual": mil_push_contextual,
    "mil_push_lstm": mil_push_lstm,
    "mil_push_attention": mil_push_attention,
    "mil_push_one_head": mil_push_one_head,
    "mil_push_no_bias": mil_push_no_bias,
    "mil_push_first_order": mil_push_first_order,
    "mil_push_video_state": mil_push_video_state,
    "mil_push_video_linear": mil_push_video_linear,
    "mil_push_video_temporal": mil_push_video_temporal,
    "mil_push_paper": mil_push_paper,
    "mil_push_released": mil_push_released,
    "mil_reach": mil_reach,
    "mil_reach_one_head": mil_reach_one_head,
    "mil_reach_no_bias": mil_reach_no_bias,
    "mil_reach_contextual": mil_reach_contextual,
    "mil_reach_lstm": mil_reach_lstm,
    "mil_reach_attention": mil_reach_attention,
    "mil_reach_states": mil_reach_states,
    "mil_reach_states_one_head": mil_reach_states_one_head,
    "mil_reach_states_no_bias": mil_reach_states_no_bias,
    "mil_reach_states_first_order": mil_reach_states_first_order,
    "mil_reach_states_contextual": mil_reach_states_contextual,
    "mil_reach_states_lstm": mil_reach_states_lstm,
    "mil_reach_states_attention": mil_reach_states_attention,
    "mil_place": mil_place,
    "mil_place_video": mil_place_video,
    "mil_place_contextual": mil_place_contextual,
    "mil_place_lstm": mil_place_lstm,
    "mil_place_attention": mil_place_attention,
    "mil_metaworld_reach": mil_metaworld_reach,
    "mil_metaworld_reach_contextual": mil_metaworld_reach_contextual,
    "mil_metaworld_reach_lstm": mil_metaworld_reach_lstm,
    "mil_metaworld_reach_attention": mil_metaworld_reach_attention,
    "mil_metaworld_push": mil_metaworld_push,
    "mil_metaworld_push_contextual": mil_metaworld_push_contextual,
    "mil_metaworld_push_lstm": mil_metaworld_push_lstm,
    "mil_metaworld_push_attention": mil_metaworld_push_attention,
    "mil_metaworld_pick_place": mil_metaworld_pick_place,
    "mil_metaworld_pick_place_contextual": mil_metaworld_pick_place_contextual,
    "mil_metaworld_pick_place_lstm": mil_metaworld_pick_place_lstm,
    "mil_metaworld_pick_place_attention": mil_metaworld_pick_place_attention,
    "mil_metaworld_reach_hidden": mil_metaworld_reach_hidden,
    "mil_metaworld_push_hidden": mil_metaworld_push_hidden,
    "mil_metaworld_push_hidden_contextual": mil_metaworld_push_hidden_contextual,
    "mil_metaworld_push_hidden_lstm": mil_metaworld_push_hidden_lstm,
    "mil_metaworld_push_hidden_attention": mil_metaworld_push_hidden_attention,
    "mil_metaworld_pick_place_hidden": mil_metaworld_pick_place_hidden,
    "mil_metaworld_ml10": mil_metaworld_ml10,
    "daml_place": daml_place,
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

KINDS: dict[str, type[Experiment]] = {
    kind.kind: kind
    for kind in (ImitationExperiment, RewardExperiment, ClassifierExperiment, RopeExperiment, PredictorExperiment)
}
"""Kind -> class of the experiments of that kind."""

VARIANTS: dict[str, tuple[str, ...]] = {
    "mil_place": ("video", "contextual", "lstm", "attention"),
    "mil_reach": ("one_head", "no_bias", "contextual", "lstm", "attention"),
    "mil_reach_states": ("one_head", "no_bias", "first_order", "contextual", "lstm", "attention"),
    "mil_push": (
        "one_head", "no_bias", "first_order", "video_state", "video_linear", "video_temporal", "contextual", "lstm",
        "attention",
    ),
    "mil_metaworld_reach": ("contextual", "lstm", "attention"),
    "mil_metaworld_push": ("contextual", "lstm", "attention"),
    "mil_metaworld_push_hidden": ("contextual", "lstm", "attention"),
    "mil_metaworld_pick_place": ("contextual", "lstm", "attention"),
}  # fmt: skip
"""Experiment -> what others in its table of results are called behind its name and an underscore."""
