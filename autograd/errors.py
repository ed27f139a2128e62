"""What can go wrong, each with what to do next."""


class GraphError(RuntimeError):
    """The recorded graph cannot give what was asked of it."""


class AnomalyError(ArithmeticError):
    """A value or a derivative became infinite or nan inside `detect_anomaly()`."""
