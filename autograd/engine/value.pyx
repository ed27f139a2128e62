# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: c_api_binop_methods=True, initializedcheck=False, embedsignature=True, binding=True
"""Value: a number that remembers how it was computed.

The class is here; what it does stands in the files that are included at the end, of which
these four are the essential reading.

*Recording* (`record.pxi`).  `x * y` makes a node: the result, the two operands,
and for each operand the local derivative at this point, which the table's row gives.
That is all a node is.

*Order* (`order.pxi`).  `backward()` lists the nodes below C, every operand before its results.

*Backward* (`backward.pxi`).  Then it goes through the list from its end, and does for every edge

    operand.grad += partial * node.grad

It does not know one operation from another.

*Dealloc* (`dealloc.pxi`).  Operands are always older than results, so there are no cycles
and reference counts free a graph; a list in place of recursion frees a long one.
"""

cimport cython
from cpython.float cimport PyFloat_Check, PyFloat_AS_DOUBLE
from cpython.long cimport PyLong_Check
from cpython.object cimport PyObject, PyObject_RichCompare, Py_EQ, Py_NE, Py_LT, Py_LE, Py_GT, Py_GE
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF
from libc.math cimport isfinite
from cpython.mem cimport (
    PyMem_RawCalloc as calloc, PyMem_RawFree as free, PyMem_RawMalloc as malloc,
    PyMem_RawRealloc as realloc,
)
from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.string cimport memset

import gc
import numbers
import os
import sys
from contextvars import ContextVar
from threading import RLock
from types import MethodType
from weakref import ref

from autograd.errors import AnomalyError, GraphError
from autograd.ops import BY_NAME, TABLE

include "codes.pxi"  # OP_ADD …: written from the table


include "c_api.pxi"


@cython.auto_pickle(False)
@cython.final
@cython.no_gc
cdef class Value:
    """A number that records how it was computed.

    Parameters
    ----------
    data : real number
        Anything Python or NumPy calls one.
    label : str, optional
        A name for pictures, tables and error messages.

    `Value(2.0)` is a *leaf*: a weight, or an input.  Arithmetic and the functions
    of `autograd` make *computed* values from values and plain numbers; a plain
    number becomes a *constant*, to which no gradient flows.

    Attributes
    ----------
    data : float
        The number.  It can be set on a leaf only.
    grad : float
        ∂C/∂self, after `C.backward()`.
    label : str
        A name, or "".
    scope : str
        Where it was made: the dotted names of the `named_scope` blocks and of the module
        (of `nn`) around, or "".
    origin : str
        The line that recorded it, where `detect_anomaly()` was on; else "".
    op : str
        The operation that computed it, by its name in `autograd.ops`; "" on a leaf.
    row : Op
        That operation's row: of the table, or of a user's operation; None on a leaf.
    args : tuple of Value
        The operands in order; `x * x` has two.
    partials : tuple of float
        ∂self/∂operand at the recorded point, one an operand.

    Raises
    ------
    TypeError
        If `data` is not a real number.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> C = a * b + a
    >>> C.backward()
    >>> a.grad, b.grad
    (-2.0, 2.0)
    """

    def __init__(self, data, label=""):
        if self.count:
            raise TypeError("a computed Value cannot be initialised again; write Value(number)")
        if type(data) is Value:
            raise TypeError(
                "Value(...) takes a number, not a Value; write v.detach() for a copy without "
                "history, or Value(v.data) for a new leaf"
            )
        set_data(self, real(data, "Value(...)"))
        self.label = label
        self.locals.leaf.born = derivatives_begun
        refresh()
        self.scope_number = now.scope

    @property
    def data(self):
        if mode() & TRACING:
            refuse_number(self, "v.data")
        return data_of(self)

    @data.setter
    def data(self, number):
        if mode() & TRACING:
            refuse_change("data")
        if self.count:
            raise AttributeError(
                f"data of a computed Value ({self.op!r}) follows from its operands and cannot be "
                "set; set the data of a leaf, or of v.detach()"
            )
        set_data(self, real(number, "data"))

    @property
    def grad(self):
        return grad_of(self)

    @grad.setter
    def grad(self, number):
        if mode() & TRACING:
            refuse_change("grad")
        set_grad(self, real(number, "grad"))

    @property
    def label(self):
        return "" if self._label is NULL else <object>self._label

    @label.setter
    def label(self, text):
        if not isinstance(text, str):
            raise TypeError(f"a label is a str, not {kind_of(text)}; write str(...) around it")
        text = plain_text(text)
        cdef PyObject *old = self._label
        self._label = NULL
        if text:
            Py_INCREF(text)
            self._label = <PyObject *>text
            self.flags |= OWNS_MORE
        Py_XDECREF(old)

    @property
    def scope(self):
        return SCOPES[self.scope_number]

    @property
    def op(self):
        return name_of(self.code)

    @property
    def row(self):
        return row_of(self.code)

    @property
    def _code(self):
        """The operation's number: two operations of a user may have had one name."""
        return self.code

    @property
    def args(self):
        cdef PyObject **x = operands_of(self)
        return tuple([<Value>x[k] for k in range(self.count)])

    @property
    def partials(self):
        cdef double *p = partials_of(self)
        return tuple([(each := p[k]) for k in range(self.count)])

    @property
    def constant(self):
        """Whether no gradient is wanted: a plain number, a detached value, or one
        computed under `no_grad()`."""
        return bool(self.flags & CONSTANT)

    @property
    def _prev(self):
        """micrograd's name for the set of operands."""
        return set(self.args)

    @property
    def _op(self):
        """micrograd's name for the operation's symbol; a constant exponent is part of it."""
        if self.code == OP_POW and (<Value>self.operands.two[1]).flags & CONSTANT:
            return f"**{(<Value>self.operands.two[1])._data:g}"
        return row_of(self.code).symbol if self.count else ""

    @property
    def origin(self):
        return "" if self._origin is NULL else <object>self._origin

    def carries(self, Py_ssize_t k):
        """Whether a derivative flows to operand `k`: not to a constant, and not to
        the arm that `where` did not take."""
        if not 0 <= k < self.count:
            raise IndexError(f"operand {k} of a Value with {self.count} operands")
        return not edge_is_absent(self, k)

    def item(self):
        """The number, as a float."""
        if mode() & TRACING:
            refuse_number(self, "v.item()")
        return data_of(self)

    def detach(self):
        """A constant with the same number and no history."""
        cdef Value out
        if mode() & TRACING and is_live(self):
            out = live_constant(OP_STOP_GRADIENT, [self], data_of(self))
        else:
            out = constant(data_of(self))
        out.label = self.label
        return out

    def backward(self, gradient=1.0):
        """Compute ∂self/∂w for every Value w that this one was computed from.

        Every computed value below gets its adjoint of this pass as `grad`; the
        leaves' `grad` *accumulates*, so set it to 0 between passes (as PyTorch).

        Parameters
        ----------
        gradient : real number, optional
            ∂C/∂self, where this value is not the cost C itself.

        Raises
        ------
        GraphError
            If nothing was recorded below: the value is a constant.
        """
        if mode() & TRACING:
            raise GraphError(
                "backward() inside a compiled function would run once only, while it is traced; "
                "return the cost and call backward on the compiled function, or use autograd.grad"
            )
        backpropagate(self, real(gradient, "backward(...)"))

    def __copy__(self):
        return make_node(self.code, self.args, data_of(self), self.partials, grad_of(self),
                         self.label, self.flags & CONSTANT, self.skip, self.scope)

    # `autograd.graph` adds __deepcopy__ and __reduce__, `autograd.numpy_support` adds
    # __array_ufunc__: they stand above the engine, which imports nothing of theirs.

    # ── arithmetic ──

    def __add__(x, y):
        return binary(OP_ADD, x, y)

    def __sub__(x, y):
        return binary(OP_SUB, x, y)

    def __mul__(x, y):
        return binary(OP_MUL, x, y)

    def __truediv__(x, y):
        return binary(OP_DIV, x, y)

    def __mod__(x, y):
        return binary(OP_MOD, x, y)

    def __pow__(x, y, modulus):
        if modulus is not None:
            raise TypeError("pow(x, y, modulus) needs integers; write pow(x, y) % modulus")
        return binary(OP_POW, x, y)

    def __neg__(self):
        return record1(OP_NEG, self)

    def __pos__(self):
        return self

    def __abs__(self):
        return record1(OP_ABS, self)

    def __floor__(self):
        return record1(OP_FLOOR, self)

    def __ceil__(self):
        return record1(OP_CEIL, self)

    def __round__(self, ndigits=None):
        if ndigits is not None:
            raise TypeError("a Value is rounded to an integer; for digits format it: f'{v:.3f}'")
        return record1(OP_ROUND, self)

    # ── as a number ──

    def __richcmp__(self, other, int relation):
        cdef double x = data_of(self)
        cdef double y
        if type(other) is Value:
            y = data_of(<Value>other)
        elif PyFloat_Check(other):
            y = PyFloat_AS_DOUBLE(other)
        else:
            return compare_with(self, other, relation)
        if mode() & TRACING:
            return note_guard(self, other if type(other) is Value else constant(y), relation,
                              holds(x, y, relation))
        return holds(x, y, relation)

    def __hash__(self):
        return <Py_hash_t>(<size_t><PyObject *>self >> 4)

    def __bool__(self):
        if mode() & TRACING:
            return note_guard(self, constant(0.0), Py_NE, data_of(self) != 0.0)
        return data_of(self) != 0.0

    def __float__(self):
        raise TypeError(
            "a Value is not converted to a float implicitly, because its derivative would be lost: "
            "write autograd.exp(v) for math.exp(v) and its like, or v.data for the number"
        )

    def __int__(self):
        raise TypeError("a Value is not converted to an int implicitly; write int(v.data)")

    def __complex__(self):
        raise TypeError("a Value is a real number; write complex(v.data) to leave the graph")

    def __format__(self, spec):
        if mode() & TRACING and spec:
            refuse_number(self, "a number as text")
        return format(data_of(self), spec) if spec else repr(self)

    def __repr__(self):
        name = f", label={self.label!r}" if self._label is not NULL else ""
        return f"Value(data={data_of(self)!r}, grad={grad_of(self)!r}{name})"


__all__ = ["Value", *BY_NAME]

# The essential reading:
include "record.pxi"
include "order.pxi"
include "backward.pxi"
include "dealloc.pxi"

# What it stands on:
include "allocation.pxi"
include "stacks.pxi"
include "dispatch.pxi"
include "registry.pxi"
include "custom.pxi"
include "contexts.pxi"
include "scopes.pxi"
include "tracing.pxi"
include "comparisons.pxi"
include "anomaly.pxi"
include "locks.pxi"
include "flat_leaves.pxi"

# What others ask of it:
include "subgraph.pxi"
include "copies.pxi"
include "staleness.pxi"
