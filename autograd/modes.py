"""How operations are recorded, for the length of a `with` block or a function.

A block holds in the *context* that it is entered in: in this thread, this task of asyncio, this
greenlet, and nowhere else.  It holds across `await`, for its own task.  A task begins with the
blocks that are open where it is made, and does not notice when they end; a thread, and a greenlet
without a context, begin with none. `compile` traces within a single context.  Blocks may be exited
in any order, and one object may be entered in several places at once.

A generator runs in the context of whoever asks it for the next item, so a block around a
`yield` holds for them too until the generator goes on.  Decorate the generator's function
instead: then the block holds while it runs and not while it waits.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, TypeVar

from autograd.engine.value import ModeBlock, ScopeBlock, recording

__all__ = ["detect_anomaly", "named_scope", "no_grad", "recording"]

F = TypeVar("F", bound=Callable[..., Any])


class _Decorator:
    """Blocks as decorators: the block holds whenever the function runs, including as a coroutine or
    a generator, and not while that waits."""

    def _anew(self) -> Any:
        """A new block for one call, since threads may call the function at once."""
        return type(self)()

    def __call__(self, f: F) -> F:
        """The function, inside such a block."""
        wrap = _function
        if inspect.iscoroutinefunction(f):
            wrap = _coroutine
        elif inspect.isgeneratorfunction(f):
            wrap = _generator
        elif inspect.isasyncgenfunction(f):
            wrap = _asynchronous_generator
        wrapped: Any = functools.wraps(f)(wrap(f, self._anew))
        return wrapped  # type: ignore[no-any-return]


def _function(f: Callable[..., Any], block: Callable[[], Any]) -> Callable[..., Any]:
    def function(*args: Any, **options: Any) -> Any:
        with block():
            return f(*args, **options)

    return function


def _coroutine(f: Callable[..., Any], block: Callable[[], Any]) -> Callable[..., Any]:
    async def coroutine(*args: Any, **options: Any) -> Any:
        with block():
            return await f(*args, **options)

    return coroutine


def _generator(f: Callable[..., Any], block: Callable[[], Any]) -> Callable[..., Any]:
    def generator(*args: Any, **options: Any) -> Generator[Any, Any, Any]:
        items = f(*args, **options)
        step, argument = items.send, None
        while True:
            with block():
                try:
                    item = step(argument)
                except StopIteration as end:
                    return end.value
            try:
                step, argument = items.send, (yield item)
            except GeneratorExit:
                with block():
                    items.close()
                raise
            except BaseException as error:
                step, argument = items.throw, error

    return generator


def _asynchronous_generator(f: Callable[..., Any], block: Callable[[], Any]) -> Callable[..., Any]:
    async def generator(*args: Any, **options: Any) -> AsyncGenerator[Any, Any]:
        items = f(*args, **options)
        step, argument = items.asend, None
        while True:
            with block():
                try:
                    item = await step(argument)
                except StopAsyncIteration:
                    return
            try:
                step, argument = items.asend, (yield item)
            except GeneratorExit:
                with block():
                    await items.aclose()
                raise
            except BaseException as error:
                step, argument = items.athrow, error

    return generator


class no_grad(ModeBlock, _Decorator):
    """Record nothing: operations give constants.

    For evaluating a model without building its graph; as a block or a decorator, in this thread,
    task or greenlet only (see `autograd.modes`).

    >>> from autograd import Value, no_grad
    >>> w = Value(3.0)
    >>> with no_grad():
    ...     y = w * w
    >>> y.op, y.data
    ('', 9.0)
    """

    _bit = 1


class detect_anomaly(ModeBlock, _Decorator):
    """Turn the first value or derivative that is infinite or nan into an `AnomalyError`.

    The error names the operation, its operands, and the line that recorded it.
    Recording is slower inside, so use it to look for a fault. What a compiled function or a program
    would otherwise replay is recorded too, one row after another.

    >>> from autograd import Value, detect_anomaly, log
    >>> with detect_anomaly():
    ...     log(Value(-1.0, label="x"))
    Traceback (most recent call last):
    autograd.errors.AnomalyError: log(x = -1.0) gave nan, recorded at ...
    """

    _bit = 2


class noted_origins(ModeBlock, _Decorator):
    """Remember the line that recorded each Value, as its `origin`, and raise nothing."""

    _bit = 8


class named_scope(ScopeBlock, _Decorator):
    """Give every Value made inside a place: its `scope`, by which pictures group.

    Blocks nest, their names joined by dots; as a block or a decorator, in this thread,
    task or greenlet only.  Modules of `nn` go into a scope of their own name when they are called.

    Parameters
    ----------
    name : str
        One name, or several joined by dots.  It stays in memory for the life of the process, so use
        a bounded number of names.

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
            raise TypeError(
                f"a scope's name must be text, not {type(name).__name__}; write str(...)"
            )
        if not all(name.split(".")):
            raise ValueError(
                f"a scope's name and its parts between dots must not be empty: {name!r}"
            )
        return super().__new__(cls, name)

    def __init__(self, name: str) -> None:
        self._name = name

    def _anew(self) -> named_scope:
        return named_scope(self._name)
