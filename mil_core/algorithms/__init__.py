"""Every meta-learning algorithm by name."""

from mil_core.algorithms.algorithm import AbstractAlgorithm
from mil_core.algorithms.daml import Daml
from mil_core.algorithms.mil import Mil

ALGORITHMS: dict[str, type[AbstractAlgorithm]] = {"mil": Mil, "daml": Daml}
