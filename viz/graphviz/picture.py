"""A `graphviz.Digraph` that is laid out in limited time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import graphviz

from viz.graphviz.run_dot import RenderTimeoutError, failure, lay_out


class Picture(graphviz.Digraph):  # type: ignore[misc]
    """A `graphviz.Digraph` that is laid out in limited time.

    A picture that takes longer than `timeout` seconds is collapsed further, and says so.
    """

    def __init__(self, format: str, timeout: float | None, simpler: Callable[[], Picture] | None):
        super().__init__("gradients", format=format)
        self.timeout, self.simpler = timeout, simpler

    def pipe(
        self,
        format: str | None = None,
        renderer: str | None = None,
        formatter: str | None = None,
        neato_no_op: bool | int | None = None,
        quiet: bool = False,
        *,
        engine: str | None = None,
        encoding: str | None = None,
    ) -> Any:
        """The picture in a format, as bytes or, with an encoding, text; as graphviz's `pipe`."""
        if renderer or formatter or neato_no_op or engine:  # nothing of ours knows these
            with _explained(format or self.format):
                return super().pipe(
                    format, renderer, formatter, neato_no_op, quiet,
                    engine=engine, encoding=encoding,
                )  # fmt: skip
        try:
            out = lay_out(self.source, format or self.format, self.timeout)
        except RenderTimeoutError:
            if self.simpler is None:
                raise
            return self.simpler().pipe(format, quiet=quiet, encoding=encoding)
        return out.decode(encoding) if encoding else out

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        **others: Any,
    ) -> str:
        """Write the picture beside its source, as graphviz's `render`; return where it is."""
        if others:  # nothing of ours knows these
            others |= {"directory": directory, "view": view, "cleanup": cleanup, "format": format}
            with _explained(format or self.format):
                return str(super().render(filename, **others))
        format = format or self.format
        out = self.pipe(format)
        source = self.save(filename, directory=directory)
        with open(f"{source}.{format}", "wb") as file:
            file.write(out)
        if cleanup:
            os.remove(source)
        if view:
            graphviz.view(file.name)
        return str(file.name)

    def _repr_image_svg_xml(self) -> str:
        """For a notebook: no wider than its cell."""
        svg: str = self.pipe("svg", encoding="utf-8")
        return svg.replace("<svg ", '<svg style="max-width: 100%; height: auto" ', 1)


@contextlib.contextmanager
def _explained(format: str) -> Iterator[None]:
    """The program's failure when graphviz calls it, as one of our errors."""
    try:
        yield
    except graphviz.CalledProcessError as error:
        raise failure(error.stderr, format) from None
