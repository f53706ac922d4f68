"""Errors at the ROS border. Each message says what was expected, what was found, and what to do next."""


class NodeError(Exception):
    """Root of every error that the nodes raise on purpose."""


class MessageError(NodeError):
    """A message does not hold what its type promises."""


class ObservationError(NodeError):
    """A policy cannot begin from where the robot is."""


class ParameterError(NodeError):
    """A node parameter has a value that cannot be used."""


class BadId(NodeError):
    """A name in a request does not have the form of an id."""


class UnknownDemo(NodeError):
    """The library holds no film of that id."""


class UnknownPolicy(NodeError):
    """No adapted policy of that id."""


class GoalError(NodeError):
    """Goal pictures do not go together, or are not there."""


class UnknownClassifier(NodeError):
    """No goal classifier of that id."""


class MonitorMissing(NodeError):
    """Nobody judges pictures, or does not answer."""


class NoWayHome(NodeError):
    """The robot cannot be brought to where runs begin."""


class NoScene(NodeError):
    """Something was asked of an episode before there was one."""


class SceneError(NodeError):
    """A scene cannot be built from the numbers in a request."""


class NonFiniteAction(NodeError):
    """A policy answered with NaN or infinity, or with an action of the wrong size."""
