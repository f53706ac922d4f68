"""Every meta-learning algorithm by name."""

from mil_core.algorithms.algorithm import AbstractAlgorithm
from mil_core.algorithms.daml import Daml
from mil_core.algorithms.flo import Flo
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.algorithms.mandril import Mandril
from mil_core.algorithms.mil import Mil
from mil_core.algorithms.reward_learner import RewardLearner

ALGORITHMS: dict[str, type[AbstractAlgorithm]] = {"mil": Mil, "daml": Daml}
REWARD_ALGORITHMS: dict[str, type[RewardLearner]] = {"mandril": Mandril}
GOAL_ALGORITHMS: dict[str, type[GoalLearner]] = {"flo": Flo}
