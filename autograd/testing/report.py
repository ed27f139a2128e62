"""What a check found, and how it is reported."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any


class Verdict(Enum):
    """The outcome of checking a gradient."""

    PASS = "the gradient is right"
    RULE = "an operation's partial is wrong"
    TRAVERSAL = "all partials are right, but the backward pass put them together wrongly"
    DETACHED = "a path left the graph: the function varies where the recorded graph does not"
    NOISE = "the function gives different results at one point"
    KINK = "the function has a kink here"
    DOMAIN = "the function or its derivative is not finite here"
    INCONCLUSIVE = "differences are too coarse here to tell"


@dataclass(frozen=True)
class Entry:
    """One number of the gradient beside its reference."""

    name: str
    gradient: float
    reference: float
    error: float  # absolute
    tolerance: float  # absolute
    oracle: str

    @property
    def relative_error(self) -> float:
        """The error relative to the reference; no error is 0, even for a reference of 0."""
        if not self.error:
            return 0.0
        return self.error / abs(self.reference) if self.reference else float("inf")


@dataclass(frozen=True)
class Finding:
    """The outcome of one of the questions of a check."""

    verdict: Verdict
    detail: str = ""
    entries: list[Entry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    between: bool = True  # at a kink, whether the gradient lies between the slopes

    def and_then(self, later: Finding, failures: Collection[Verdict]) -> Finding:
        """This finding combined with a later one: the verdict is a failure if there is one, else
        the first that is not a pass."""
        notes = [*self.notes, *later.notes]
        if later.verdict in failures or self.verdict is Verdict.PASS:
            return replace(later, entries=self.entries, notes=notes)
        return replace(self, notes=notes)


@dataclass(frozen=True)
class GradReport:
    """The result of `check_grad`.

    Attributes
    ----------
    verdict : Verdict
        PASS, what is wrong, or why nothing can be.
    gradient, reference : in the structure of the arguments
        What the engine (or `expected`) returns, and what it should return.
    entries : list of Entry
        Each number of the gradient with its error and tolerance.
    detail : str
        A sentence about what is wrong and where; "" if nothing is.
    notes : tuple of str
        What is worth knowing without being a fault: another branch nearby, rounding.
    ok : bool
        Whether the check passes, under the policy for kinks.
    """

    verdict: Verdict
    gradient: Any
    reference: Any
    entries: list[Entry]
    point: str
    call: str
    rtol: float
    ok: bool
    detail: str = ""
    notes: tuple[str, ...] = ()
    source: str = "reverse"
    prefix: str = "∂f/∂"

    @property
    def worst(self) -> Entry | None:
        """The entry that is furthest out, relative to its tolerance."""
        return max(self.entries, key=lambda e: e.error / (e.tolerance or 1e-300), default=None)

    def __str__(self) -> str:
        """The verdict comes first, since a summary of failures shows one line of each."""
        lines = [f"{self.verdict.name}: {self.detail or self.verdict.value}"]
        if self.worst is not None:
            e = self.worst
            wrong_but_alike = e.error > e.tolerance and f"{e.gradient:.6g}" == f"{e.reference:.6g}"
            digits = 17 if wrong_but_alike else 6
            lines.append(
                f"{self.prefix}{e.name} at {self.point}: {self.source} {e.gradient:.{digits}g}, "
                f"reference {e.reference:.{digits}g} ({e.oracle}); {self._compared(e)}"
            )
        lines += [f"note: {note}" for note in self.notes]
        if not self.ok:
            lines.append(f"reproduce: {self.call}")
        return "\n".join(lines)

    def _compared(self, e: Entry) -> str:
        """An error beside what is allowed: relatively, unless it is allowed absolutely alone."""
        if e.error <= e.tolerance and e.relative_error > self.rtol:
            return f"error {e.error:.1e} ≤ {e.tolerance:.1e}"
        relation = ">" if e.error > e.tolerance else "≤"
        return f"relative error {e.relative_error:.1e} {relation} {self.rtol:.0e}"


class DerivativeMismatch(AssertionError):
    """A derivative is wrong.  `report` is the GradReport (or the OpReport)."""

    __module__ = "autograd.testing"  # pytest's summary begins with it, and shows one line

    def __init__(self, report: Any) -> None:
        super().__init__(str(report))
        self.report = report
