"""What can go wrong, each with what to do next."""


class GraphError(RuntimeError):
    """The recorded graph cannot give what was asked of it."""


class AnomalyError(ArithmeticError):
    """A value or a derivative became infinite or nan inside `detect_anomaly()`."""


class StaleGraphError(GraphError):
    """A leaf was changed after the graph was recorded, and its derivatives are to be recorded."""
