"""What can go wrong, and what to do about each."""


class GraphError(RuntimeError):
    """The recorded graph cannot give what was asked of it."""


class AnomalyError(ArithmeticError):
    """A value or a derivative became infinite or nan inside `detect_anomaly()`."""


class StaleGraphError(GraphError):
    """A leaf was changed after the graph was recorded, and derivatives of the graph are to be
    recorded."""
