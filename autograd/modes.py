"""How operations are recorded, for the length of a `with` block or a function."""

from __future__ import annotations

from contextlib import ContextDecorator

from autograd.value import ModeBlock, ScopeBlock, recording

__all__ = ["detect_anomaly", "named_scope", "no_grad", "recording"]


class _Mode(ModeBlock, ContextDecorator):
    """Sets a bit of this thread's mode; blocks nest."""

    def _recreate_cm(self) -> _Mode:
        # One for each call of a decorated function, which threads may call at once.
        return type(self)()


class no_grad(_Mode):
    """Record nothing: operations give constants.

    For evaluating a model without building its graph; as a block or a decorator,
    in this thread only.

    >>> from autograd import Value, no_grad
    >>> w = Value(3.0)
    >>> with no_grad():
    ...     y = w * w
    >>> y.op, y.data
    ('', 9.0)
    """

    _bit = 1


class detect_anomaly(_Mode):
    """Turn the first value or derivative that is infinite or nan into an `AnomalyError`.

    The error names the operation, its operands, and the line that recorded it.
    Recording is slower inside; use it to look for a fault.  What a compiled function or a
    program would replay is recorded too, one row after another.

    >>> from autograd import Value, detect_anomaly, log
    >>> with detect_anomaly():
    ...     log(Value(-1.0, label="x"))
    Traceback (most recent call last):
    autograd.errors.AnomalyError: log(x = -1.0) gave nan, recorded at ...
    """

    _bit = 2


class named_scope(ScopeBlock, ContextDecorator):
    """Give every Value made inside a place: its `scope`, by which pictures group.

    Blocks nest, their names joined by dots; as a block or a decorator, in this thread
    only.  Modules of `nn` go into a scope of their own name when they are called.

    Parameters
    ----------
    name : str
        One name, or several joined by dots.  It stays in memory for the life of the
        process, so let there be finitely many.

    Raises
    ------
    TypeError
        If it is not a str.
    ValueError
        If it is empty, or a name between its dots is.

    >>> from autograd import Value, named_scope
    >>> with named_scope("price"), named_scope("drift"):
    ...     x = Value(1.0)
    >>> x.scope
    'price.drift'
    """

    def __new__(cls, name: str) -> named_scope:
        """A block that is checked before it is entered."""
        if not isinstance(name, str):
            raise TypeError(f"a scope's name is a str, not {type(name).__name__}; write str(...)")
        if not all(name.split(".")):
            raise ValueError(f"a scope's name is not empty, nor is a part between dots: {name!r}")
        return super().__new__(cls, name)

    def __init__(self, name: str) -> None:
        self._name = name

    def _recreate_cm(self) -> named_scope:
        return named_scope(self._name)
