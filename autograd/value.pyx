# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: c_api_binop_methods=True, initializedcheck=False, embedsignature=True, binding=True
"""Value: a number that remembers how it was computed.

Three things happen here.

*Recording.*  `x * y` makes a node: the result, the two operands, and for each
operand the local derivative at this point, which the table's row gives.  That
is all a node is (`cdef class Value`, `record1` … `record_many`).

*The sweep.*  `backward()` lists the nodes below C so that every result comes
before its operands, and then says for every edge

    operand.grad += partial * node.grad

It does not know one operation from another.

*Letting go.*  Operands are always older than results, so there are no cycles
and reference counts free a graph; a list in place of recursion frees a long one.
"""

cimport cython
from cpython.float cimport PyFloat_Check, PyFloat_AS_DOUBLE
from cpython.long cimport PyLong_Check
from cpython.object cimport PyObject, PyObject_RichCompare, Py_EQ, Py_NE, Py_LT, Py_LE, Py_GT, Py_GE
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF
from libc.math cimport isfinite
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memset

import numbers
import sys
from types import MethodType
from weakref import ref

from autograd.errors import AnomalyError, GraphError
from autograd.ops import TABLE

include "codes.pxi"  # OP_ADD …: written by emit

cdef extern from *:
    """
    #if defined(_MSC_VER)
    #define PER_THREAD __declspec(thread)
    #else
    #define PER_THREAD _Thread_local
    #endif
    static PER_THREAD int mode = 0;
    static PER_THREAD PyObject *trace = NULL;
    static PER_THREAD uint32_t scope = 0, prefix = 0;
    static PER_THREAD PyObject *outermost = NULL, *innermost = NULL;
    """
    int mode
    PyObject *trace  # under TRACING: the list of guards, which the tracer holds
    uint32_t scope  # the number of the current scope
    uint32_t prefix  # the scope in which the outermost module was called
    PyObject *outermost  # of the modules whose calls are under way; NULL: none is
    PyObject *innermost

cdef extern from "ops.h" nogil:
    double apply1(int op, double x, double *p, unsigned wanted)
    double apply2(int op, double x, double y, double *p, unsigned wanted)
    double apply3(int op, double x, double y, double c, double *p, unsigned wanted)
    double apply_many(int op, const double *v, size_t count, double *p)
    bint has_gaps(int op)
    bint is_many(int op)
    enum:
        FIRST_USER
    bint is_no_edge(double p)

cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        PyObject *tp_dict
        Py_ssize_t tp_basicsize
        void (*tp_dealloc)(PyObject *) noexcept
        Py_ssize_t tp_vectorcall_offset
        PyObject *(*tp_call)(PyObject *, PyObject *, PyObject *) noexcept
        unsigned long tp_flags
    void PyType_Modified(PyTypeObject *)
    double PyLong_AsDouble(object) except? -1.0
    Py_ssize_t Py_REFCNT(PyObject *o)
    PyObject *PyObject_Malloc(size_t size)
    void PyObject_Free(PyObject *x)
    object PyObject_Init(PyObject *x, PyTypeObject *type)
    ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject *const *, size_t, PyObject *) noexcept
    PyObject *PyObject_Vectorcall(PyObject *, PyObject *const *, size_t, PyObject *) noexcept
    PyObject *PyVectorcall_Call(PyObject *, PyObject *, PyObject *) noexcept
    Py_ssize_t PyVectorcall_NARGS(size_t) noexcept
    unsigned long Py_TPFLAGS_HAVE_VECTORCALL
    unsigned long Py_TPFLAGS_METHOD_DESCRIPTOR
    PyObject *PyList_GET_ITEM(object, Py_ssize_t) noexcept
    Py_ssize_t PyList_GET_SIZE(object) noexcept
    PyObject *PyDict_GetItemWithError(object, object) except? NULL

cdef enum:  # bits of `mode`
    NO_GRAD = 1
    ANOMALY = 2
    TRACING = 4

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
    op : str
        The operation that computed it, by its name in `autograd.ops`; "" on a leaf.
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

    def __init__(self, data, str label=""):
        if self.count:
            raise TypeError("a computed Value cannot be made anew; write Value(number)")
        if type(data) is Value:
            raise TypeError(
                "Value(...) takes a number, not a Value; write v.detach() for a copy without "
                "history, or Value(v.data) for a new leaf"
            )
        set_data(self, real(data, "Value(...)"))
        self.label = label
        self.scope_number = scope

    # ── what a node holds ──

    @property
    def data(self):
        if mode & TRACING:
            refuse_number(self, "v.data")
        return data_of(self)

    @data.setter
    def data(self, number):
        if mode & TRACING:
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
        if mode & TRACING:
            refuse_change("grad")
        set_grad(self, real(number, "grad"))

    @property
    def label(self):
        return "" if self._label is NULL else <object>self._label

    @label.setter
    def label(self, text):
        if not isinstance(text, str):
            raise TypeError(f"a label is a str, not {kind_of(text)}; write str(...) around it")
        cdef PyObject *old = self._label
        self._label = NULL
        if text:
            Py_INCREF(text)
            self._label = <PyObject *>text
        Py_XDECREF(old)

    @property
    def scope(self):
        return SCOPES[self.scope_number]

    @property
    def op(self):
        return NAMES[self.code]

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
        return tuple([p[k] for k in range(self.count)])

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
        return SYMBOLS[self.code]

    def carries(self, Py_ssize_t k):
        """Whether a derivative flows to operand `k`: not to a constant, and not to
        the arm that `where` did not take."""
        if not 0 <= k < self.count:
            raise IndexError(f"operand {k} of a Value with {self.count} operands")
        return not edge_is_absent(self, k)

    def item(self):
        """The number, as a float."""
        if mode & TRACING:
            refuse_number(self, "v.item()")
        return data_of(self)

    def detach(self):
        """A constant with the same number and no history."""
        cdef Value out
        if mode & TRACING and is_live(self):
            out = kept(OP_STOP_GRADIENT, [self], data_of(self))
        else:
            out = constant(data_of(self))
        out.label = self.label
        return out

    # ── the sweep ──

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
        if mode & TRACING:
            raise GraphError(
                "backward() inside a compiled function would run once only, while it is traced; "
                "return the cost and call backward on the compiled function, or use autograd.grad"
            )
        sweep(self, real(gradient, "backward(...)"))

    # ── copies ──

    def __copy__(self):
        return node(self.code, self.args, data_of(self), self.partials, grad_of(self),
                    self.label, self.flags & CONSTANT, self.skip, self.scope)

    def __deepcopy__(self, memo):
        from autograd.graph import deep_copy
        return deep_copy(self, memo)

    def __reduce__(self):
        from autograd.graph import reduce_value
        return reduce_value(self)

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
            raise TypeError("pow(x, y, modulus) is of integers; a Value takes pow(x, y) % modulus")
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

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        from autograd.arrays import apply_ufunc
        return apply_ufunc(ufunc, method, inputs, options)

    # ── as a number ──

    def __richcmp__(self, other, int relation):
        cdef double x = data_of(self)
        cdef double y
        if type(other) is Value:
            y = data_of(<Value>other)
        elif PyFloat_Check(other):
            y = PyFloat_AS_DOUBLE(other)
        else:  # ints are compared exactly, and a pytest.approx knows floats
            if mode & TRACING and isinstance(other, numbers.Real):
                return note_guard(self, constant(real(other, "a comparison")), relation,
                                  PyObject_RichCompare(x, other, relation))
            return PyObject_RichCompare(x, other, relation)
        if mode & TRACING:
            return note_guard(self, other if type(other) is Value else constant(y), relation,
                              compared(x, y, relation))
        return compared(x, y, relation)

    def __hash__(self):
        return <Py_hash_t>(<size_t><PyObject *>self >> 4)

    def __bool__(self):
        if mode & TRACING:
            return note_guard(self, constant(0.0), Py_NE, data_of(self) != 0.0)
        return data_of(self) != 0.0

    def __float__(self):
        raise TypeError(
            "a Value does not turn into a float unasked, because its derivative would be lost: "
            "write autograd.exp(v) for math.exp(v) and its like, or v.data for the number"
        )

    def __int__(self):
        raise TypeError("a Value does not turn into an int unasked; write int(v.data)")

    def __complex__(self):
        raise TypeError("a Value is a real number; write complex(v.data) to leave the graph")

    def __format__(self, spec):
        if mode & TRACING and spec:
            refuse_number(self, "a number as text")
        return format(data_of(self), spec) if spec else repr(self)

    def __repr__(self):
        name = f", label={self.label!r}" if self._label is not NULL else ""
        return f"Value(data={data_of(self)!r}, grad={grad_of(self)!r}{name})"


NAMES = ["", *[op.name for op in TABLE]]  # by code; operations of users follow
SYMBOLS = ["", *[op.symbol for op in TABLE]]
USERS = []  # the operations of users: the first has the code len(TABLE) + 1
CODES = {name: code for code, name in enumerate(NAMES)}


__all__ = ["Value", *NAMES[1:]]


# ── numbers ───────────────────────────────────────────────────────────────────


cdef str kind_of(object x):
    return "None" if x is None else type(x).__name__


cdef double real(object x, str where) except? -1.0:
    """`x` as a double, or a TypeError that says what to write."""
    if PyFloat_Check(x):
        return PyFloat_AS_DOUBLE(x)
    if PyLong_Check(x):
        return PyLong_AsDouble(x)
    if isinstance(x, numbers.Real):
        return float(x)
    raise TypeError(f"{where} takes a real number, not {kind_of(x)}{advice(x)}")


cdef inline bint is_real(object x):
    return PyFloat_Check(x) or PyLong_Check(x) or isinstance(x, numbers.Real)


cdef str advice(object x):
    """What to write instead of `x`, where one can tell."""
    if isinstance(x, (str, bytes)):
        return f"; write float({x!r}) if it spells one" if len(x) < 40 else ""
    if isinstance(x, complex):
        return "; write z.real, z.imag or abs(z)"
    if type(x) is Value:
        return "; write v.data for its number"
    if hasattr(x, "__array_ufunc__"):
        return "; write [Value(number) for number in array] or use NumPy's function of that name"
    if isinstance(x, (list, tuple, set, dict)):
        return "; take its items one by one"
    return ""


# Nodes come and go by the million.  So Value has a free list and a destructor of its
# own, in place of Cython's, which are made for objects that come seldom: they set
# aside the exception under way, and wipe memory by an instruction that is slow to start.


cdef enum:
    MOST_SPARE = 4096

cdef PyObject *spare[MOST_SPARE]
cdef size_t spares = 0


cdef inline Value new_node():
    """A Value that is not initialised: a leaf, 0."""
    global spares
    cdef PyTypeObject *type = <PyTypeObject *>Value
    cdef PyObject *place
    if spares:
        spares -= 1
        place = spare[spares]
    else:
        place = PyObject_Malloc(type.tp_basicsize)
        if place is NULL:
            raise MemoryError
    memset(place, 0, type.tp_basicsize)
    cdef Value out = <Value>PyObject_Init(place, type)
    out.scope_number = scope
    return out


cdef void dispose(PyObject *x) noexcept:
    """The destructor of Value."""
    global spares
    let_go_of_all(<Value>x)
    if spares < MOST_SPARE:
        spare[spares] = x
        spares += 1
    else:
        PyObject_Free(x)


(<PyTypeObject *>Value).tp_dealloc = dispose


cdef Value leaf(double number):
    cdef Value out = new_node()
    out._data = number
    return out


cdef Value constant(double number):
    cdef Value out = new_node()
    out._data = number
    out.flags = CONSTANT
    return out


cdef inline Value operand(object x, str where):
    """A Value as it is, a number as a constant; else a TypeError."""
    return <Value>x if type(x) is Value else constant(real(x, where))


# ── recording ─────────────────────────────────────────────────────────────────


# Cython counts a reference for `(<Value>x).grad`, but none for an argument: what
# the walks touch of a node's neighbours they touch through these.


cdef inline bint is_computed(Value x) noexcept:
    return x.count != 0


cdef inline double grad_of(Value x) noexcept:
    return grad_place_of(x)[0] if x.flags & FLAT else x._grad


cdef inline size_t count_of(Value x) noexcept:
    return x.count


cdef inline void add_grad(Value x, double contribution) noexcept:
    if x.flags & FLAT:
        grad_place_of(x)[0] += contribution
    else:
        x._grad += contribution


cdef inline bint is_marked(Value x) noexcept:
    return x.flags & VISITED


cdef inline void set_mark(Value x) noexcept:
    x.flags |= VISITED


cdef inline void clear_mark(Value x) noexcept:
    x.flags &= ~VISITED


cdef inline object result(Value z):
    """A new node on its way out of the recorder."""
    if mode & ANOMALY:
        note_origin(z)
    return z


cdef inline unsigned own(Value z, int k, Value x) noexcept:
    """Makes x operand k of z (of at most two); its bit if no gradient is wanted."""
    Py_INCREF(x)
    z.operands.two[k] = <PyObject *>x
    return (x.flags & CONSTANT) << k


cdef inline void mark_gaps(Value z, double *p) noexcept:
    """Turns partials that say "no edge" into bits of `skip`."""
    for k in range(z.count):
        if is_no_edge(p[k]):
            z.skip |= 1 << k
            p[k] = 0.0


cdef inline object record1(int op, Value x):
    cdef Value z = new_node()
    if (x.flags & CONSTANT) or (mode & NO_GRAD):
        z._data = apply1(op, data_of(x), z.locals.two, 0)
        if mode & TRACING and is_live(x):
            return kept(op, [x], z._data)
        z.flags = CONSTANT
        return result(z)
    z._data = apply1(op, data_of(x), z.locals.two, 1)
    z.code = op
    z.count = 1
    own(z, 0, x)
    if has_gaps(op):
        mark_gaps(z, z.locals.two)
    return result(z)


cdef inline object record2(int op, Value x, Value y):
    cdef Value z = new_node()
    if (x.flags & y.flags & CONSTANT) or (mode & NO_GRAD):
        z._data = apply2(op, data_of(x), data_of(y), z.locals.two, 0)
        if mode & TRACING and (is_live(x) or is_live(y)):
            return kept(op, [x, y], z._data)
        z.flags = CONSTANT
        return result(z)
    z.code = op
    z.count = 2
    z.skip = own(z, 0, x) | own(z, 1, y)
    z._data = apply2(op, data_of(x), data_of(y), z.locals.two, 3 ^ z.skip)
    if has_gaps(op):
        mark_gaps(z, z.locals.two)
    return result(z)


cdef object record3(int op, Value x, Value y, Value w):
    cdef Value z = new_node()
    cdef unsigned skip = (x.flags & CONSTANT) | (y.flags & CONSTANT) << 1 | (w.flags & CONSTANT) << 2
    if skip == 7 or (mode & NO_GRAD):
        z._data = apply3(op, data_of(x), data_of(y), data_of(w), NULL, 0)
        if mode & TRACING and (is_live(x) or is_live(y) or is_live(w)):
            return kept(op, [x, y, w], z._data)
        z.flags = CONSTANT
        return result(z)
    take_many(z, op, 3)
    adopt(z, 0, x)
    adopt(z, 1, y)
    adopt(z, 2, w)
    z.skip = skip
    z._data = apply3(op, data_of(x), data_of(y), data_of(w), z.locals.many, 7 ^ skip)
    if has_gaps(op):
        mark_gaps(z, z.locals.many)
    return result(z)


cdef int take_many(Value z, int op, size_t count) except -1:
    """Room for `count` > 2 operands: their pointers and their partials in one block,
    zero until they are filled in, so that a failure half way lets go of what is there."""
    cdef PyObject **block
    if count >> 32:
        raise OverflowError(f"an operation takes fewer than 2**32 operands, not {count}")
    block = <PyObject **>calloc(count, sizeof(void *) + sizeof(double))
    if block is NULL:
        raise MemoryError
    z.operands.many = block
    z.locals.many = <double *>(block + count)
    z.code = op
    z.count = count
    return 0


cdef inline void adopt(Value z, size_t k, Value x) noexcept:
    Py_INCREF(x)
    z.operands.many[k] = <PyObject *>x


cdef enum:
    FEW = 64  # operands whose numbers fit the C stack


cdef object record_many(int op, list operands):
    """An operation over any number (at least one) of Values and numbers."""
    cdef size_t n = len(operands)
    cdef double few[FEW]
    cdef double *v = &few[0] if n <= FEW else <double *>malloc(n * sizeof(double))
    if v is NULL:
        raise MemoryError
    v[0] = 0.0  # compilers cannot see that there is one
    try:
        return record_numbers(op, operands, n, v)
    finally:
        if v is not &few[0]:
            free(v)


cdef object record_numbers(int op, list operands, size_t n, double *v):
    """`record_many`, with room for the n numbers in `v`."""
    cdef bint any_value = False, wanted = False
    cdef size_t k
    cdef object x
    cdef Value z
    for k in range(n):
        x = operands[k]
        if type(x) is Value:
            v[k] = data_of(<Value>x)
            any_value = True
            wanted |= not (<Value>x).flags & CONSTANT
        else:
            v[k] = real(x, NAMES[op])
    if not any_value:
        return apply_many(op, v, n, NULL)
    if not wanted or (mode & NO_GRAD):
        if mode & TRACING:
            return kept(op, [operand(x, NAMES[op]) for x in operands], apply_many(op, v, n, NULL))
        return result(constant(apply_many(op, v, n, NULL)))
    z = new_node()
    if n <= 2:
        z._data = apply_many(op, v, n, z.locals.two)
        z.code = op
        z.count = n
        for k in range(n):
            z.skip |= own(z, k, operand(operands[k], NAMES[op]))
    else:
        take_many(z, op, n)
        z._data = apply_many(op, v, n, z.locals.many)
        for k in range(n):
            x = operands[k]
            adopt(z, k, <Value>x if type(x) is Value else constant(v[k]))
    drop_partials_of_constants(z)
    return result(z)


cdef void drop_partials_of_constants(Value z) noexcept:
    cdef PyObject **x = operands_of(z)
    cdef double *p = partials_of(z)
    for k in range(z.count):
        if (<Value>x[k]).flags & CONSTANT:
            p[k] = 0.0


# How operators and functions reach the recorders.


cdef object refuse(object x, str sign):
    """NotImplemented, so that the other operand's type may answer; a TypeError
    where nobody could."""
    if x is None or isinstance(x, (str, bytes, complex)):
        raise TypeError(f"{sign} takes a Value and a real number, not {kind_of(x)}{advice(x)}")
    return NotImplemented


cdef inline object binary(int op, object x, object y):
    """An operator: one of the two is a Value."""
    if type(x) is Value:
        if type(y) is Value:
            return record2(op, <Value>x, <Value>y)
        if PyFloat_Check(y):
            return record2(op, <Value>x, constant(PyFloat_AS_DOUBLE(y)))
        if not is_real(y):
            return refuse(y, SYMBOLS[op])
        return record2(op, <Value>x, constant(real(y, SYMBOLS[op])))
    if PyFloat_Check(x):
        return record2(op, constant(PyFloat_AS_DOUBLE(x)), <Value>y)
    if not is_real(x):
        return refuse(x, SYMBOLS[op])
    return record2(op, constant(real(x, SYMBOLS[op])), <Value>y)


cdef object call1(int op, object x):
    cdef double unused[1]
    if type(x) is Value:
        return record1(op, <Value>x)
    return apply1(op, real(x, NAMES[op]), unused, 0)


cdef object call2(int op, object x, object y):
    cdef double unused[2]
    if type(x) is Value or type(y) is Value:
        return record2(op, operand(x, NAMES[op]), operand(y, NAMES[op]))
    return apply2(op, real(x, NAMES[op]), real(y, NAMES[op]), unused, 0)


cdef object call3(int op, object x, object y, object w):
    cdef double unused[3]
    if type(x) is Value or type(y) is Value or type(w) is Value:
        return record3(op, operand(x, NAMES[op]), operand(y, NAMES[op]), operand(w, NAMES[op]))
    return apply3(op, real(x, NAMES[op]), real(y, NAMES[op]), real(w, NAMES[op]), unused, 0)


cdef list listed(tuple given, str name):
    """The operands of `max(x, y, …)` or of `max([x, y, …])`."""
    if len(given) != 1:
        return list(given)
    only = given[0]
    if type(only) is list:
        return list(only)
    if type(only) is Value or isinstance(only, numbers.Real):
        return [only]
    if isinstance(only, (str, bytes, dict)) or not hasattr(only, "__iter__"):
        raise TypeError(f"{name} takes numbers and Values, or one list of them, not {kind_of(only)}")
    return list(only)


cdef object call_many(int op, list operands):
    """Of no operands `sum` is 0, `prod` 1, `norm` 0; the others have no answer."""
    if operands:
        return record_many(op, operands)
    if op in OF_NOTHING:
        return OF_NOTHING[op]
    raise ValueError(f"{NAMES[op]} needs at least one operand")


OF_NOTHING = {OP_SUM: 0.0, OP_PROD: 1.0, OP_NORM: 0.0, OP_DOT: 0.0}


cdef object call_pairs(int op, object xs, object ys, object bias):
    """`dot`: two lists of one length, and what is added."""
    cdef list operands = listed((xs,), NAMES[op])
    cdef Py_ssize_t n = len(operands)
    operands += ys if type(ys) is list else listed((ys,), NAMES[op])
    if len(operands) != 2 * n:
        raise ValueError(
            f"{NAMES[op]} takes two lists of one length, not of {n} and {len(operands) - n}"
        )
    operands.append(bias)
    return record_many(op, operands)


cdef list call_each(int op, list operands):
    """`softmax`: one result an operand, which comes first in its own."""
    return [call_many(op, [x] + operands[:k] + operands[k + 1:]) for k, x in enumerate(operands)]


include "functions.pxi"  # tanh …: written by emit


def add_method(str name, function):
    """Make `function` a method of Value."""
    cdef dict methods = <dict>(<PyTypeObject *>Value).tp_dict
    if name in methods:
        raise ValueError(f"Value has {name!r} already")
    methods[name] = function
    PyType_Modified(<PyTypeObject *>Value)


for _op in TABLE:
    add_method(_op.name, globals()[_op.name])
    if _op.numpy:  # the method that NumPy's function calls on an array of Values
        add_method(_op.numpy, globals()[_op.name])


# ── the sweep ─────────────────────────────────────────────────────────────────


cdef inline bint has_room(Stack *stack) noexcept:
    """Whether one more fits; makes room if memory is left."""
    cdef PyObject **bigger
    if stack.size == stack.room:
        bigger = <PyObject **>realloc(stack.at, (2 * stack.room + 1024) * sizeof(void *))
        if bigger is NULL:
            return False
        stack.at = bigger
        stack.room = 2 * stack.room + 1024
    return True


cdef inline bint put(Stack *stack, PyObject *x) noexcept:
    """Puts x, which is marked, on top; where no memory is left, x loses its mark."""
    if not has_room(stack):
        clear_mark(<Value>x)
        return False
    stack.at[stack.size] = x
    stack.size += 1
    return True


# Kept between walks, unless they grew large.  While a walk is under way nothing may
# run that could start another: no Python code, and no allocation of a list or tuple,
# on which Python up to 3.11 may collect garbage and run finalisers.
cdef Stack trail, listing
cdef Stack NO_STACK
cdef enum:
    LARGE = 1 << 20


cdef void tidy(Stack *stack) noexcept:
    stack.size = 0
    if stack.room > LARGE:
        free(stack.at)
        stack.at = NULL
        stack.room = 0


cdef inline bint enter(Value x, bint clear) noexcept:
    """Whether x was computed and this walk sees it for the first time, which is marked."""
    if not x.count or x.flags & VISITED:
        return False
    x.flags |= VISITED
    x.cursor = 0
    if clear:
        x._grad = 0.0
    return True


cdef inline PyObject *next_operand(Value z, bint clear) noexcept:
    """The next operand of z to walk to; NULL if none is left."""
    cdef PyObject **x = operands_of(z)
    cdef size_t k
    for k in range(z.cursor, z.count):
        if enter(<Value>x[k], clear):
            z.cursor = k + 1
            return x[k]
    return NULL


cdef bint list_computed(Value root, bint clear) noexcept:
    """Fills `listing` with the computed values that `root` rests on, operands
    before results, and marks them VISITED; with `clear` their grad becomes 0.
    False if memory ran out; what is marked then stands on one of the stacks."""
    cdef PyObject *x
    if enter(root, clear) and not put(&trail, <PyObject *>root):
        return False
    while trail.size:
        x = next_operand(<Value>trail.at[trail.size - 1], clear)
        if x is not NULL:
            if not put(&trail, x):
                return False
        elif put(&listing, trail.at[trail.size - 1]):
            trail.size -= 1
        else:
            return False
    return True


cdef void clear_marks(Stack *stack) noexcept:
    cdef size_t k
    for k in range(stack.size):
        clear_mark(<Value>stack.at[k])


cdef void unmark() noexcept:
    """Ends a walk, also one that a lack of memory cut short."""
    clear_marks(&trail)
    clear_marks(&listing)
    tidy(&trail)
    tidy(&listing)


cdef int sweep(Value root, double gradient) except -1:
    cdef PyObject *culprit = NULL
    cdef bint complete
    if root.flags & CONSTANT:
        raise GraphError(
            "backward() of a constant: it was computed under no_grad(), detached, or made from "
            "plain numbers only; compute it from Values"
        )
    complete = list_computed(root, clear=True)
    if complete:
        add_grad(root, gradient)
        culprit = pass_down()
    unmark()
    if not complete:
        raise MemoryError
    if culprit is not NULL:
        report_contribution(<Value>culprit)
    return 0


cdef PyObject *pass_down() noexcept:
    """Passes gradients on through all of `listing`, results before operands; under
    `detect_anomaly()`, up to the first that passes on what is not finite: that one."""
    cdef PyObject *z
    cdef bint watched = mode & ANOMALY
    while listing.size:
        listing.size -= 1
        z = listing.at[listing.size]
        clear_mark(<Value>z)
        if grad_of(<Value>z) == 0.0:
            continue  # C does not move with z: nothing flows, not even 0 * inf
        pass_on(<Value>z)
        if watched and anomaly_from(<Value>z, 0) < count_of(<Value>z):
            return z
    return NULL


cdef inline void pass_on(Value z) noexcept:
    """The chain rule: each operand's gradient grows by partial * z.grad."""
    cdef double g = z._grad
    cdef PyObject **x = operands_of(z)
    cdef double *p = partials_of(z)
    cdef size_t k
    for k in range(z.count):
        if not edge_is_absent(z, k):
            add_grad(<Value>x[k], p[k] * g)


# ── letting go ────────────────────────────────────────────────────────────────

cdef Stack orphans
cdef bint draining = False


cdef inline void let_go(PyObject *x) noexcept:
    """Drops a reference; a computed value that dies of it waits its turn in `orphans`
    (where no memory is left for that, recursion must do)."""
    if x is NULL:
        return
    if Py_REFCNT(x) == 1 and is_computed(<Value>x) and has_room(&orphans):
        orphans.at[orphans.size] = x
        orphans.size += 1
    else:
        Py_DECREF(<object>x)


cdef inline void let_go_of_all(Value z) noexcept:
    """What z holds: its label, its origin, its operands."""
    Py_XDECREF(z._label)
    Py_XDECREF(z._origin)
    if z.flags & FLAT:
        Py_DECREF(<object>z.operands.two[0])
    if z.count:
        release_operands(z)


cdef void release_operands(Value z) noexcept:
    global draining
    cdef PyObject **many = operands_of(z)
    cdef size_t k
    for k in range(z.count):
        let_go(many[k])
    if z.count > 2:
        free(many)
    if draining:
        return
    draining = True
    while orphans.size:
        orphans.size -= 1
        Py_DECREF(<object>orphans.at[orphans.size])
    draining = False
    if orphans.room > LARGE:
        tidy(&orphans)


# ── modes ─────────────────────────────────────────────────────────────────────


def set_mode(int bit, bint on):
    """Turn a mode of this thread on or off; whether it was on.  (`autograd.modes`)"""
    global mode
    cdef bint was = mode & bit
    mode = mode | bit if on else mode & ~bit
    return was


# While a function is traced (`autograd.compiling`), what it computes is to be computed
# again from other numbers.  So constants remember how they were computed, decisions are
# noted as guards, and numbers do not leave the graph.


def set_trace(list guards):
    """Trace, noting guards (left, right, relation, outcome) in that list; None: stop.

    The caller keeps the list alive, and gives the one before back when it is done.
    """
    global mode, trace
    before = <object>trace if trace is not NULL else None
    trace = <PyObject *>guards if guards is not None else NULL
    mode = mode | TRACING if guards is not None else mode & ~TRACING
    return before


def tracing():
    """Whether this thread is tracing."""
    return bool(mode & TRACING)


cdef inline bint is_live(Value x) noexcept:
    """Whether x may have another number at the next replay."""
    return x.count or not x.flags & CONSTANT


cdef object kept(int op, list operands, double data):
    """A constant that a replay computes again, if anything in it is live."""
    for x in operands:
        if is_live(<Value>x):
            return node(op, tuple(operands), data, (0.0,) * len(operands), 0.0, "", True, 0xff)
    return constant(data)


def own_input(Value x):
    """A Value of a derivative's own, tied to x, by which it is differentiated."""
    cdef Value z = record1(OP_IDENTITY, x)
    if z.count:
        z.flags &= ~CONSTANT
    return z


cdef bint compared(double x, double y, int relation) noexcept:
    if relation == Py_LT:
        return x < y
    if relation == Py_LE:
        return x <= y
    if relation == Py_GT:
        return x > y
    if relation == Py_GE:
        return x >= y
    return (x == y) if relation == Py_EQ else (x != y)


cdef object note_guard(Value x, Value y, int relation, bint outcome):
    if is_live(x) or is_live(y):
        (<list>trace).append((x, y, relation, outcome))
    return outcome


cdef int refuse_number(Value x, str what) except -1:
    if is_live(x):
        raise GraphError(
            f"{what} inside a compiled function would fix the number it had while tracing; keep "
            "the Value, which compares and computes as a number does, or pass the number in as "
            "an argument"
        )
    return 0


cdef int refuse_change(str what) except -1:
    raise GraphError(
        f"setting {what} inside a compiled function would happen once only, while it is traced; "
        "set it outside"
    )


cdef int note_origin(Value z) except -1:
    """Under `detect_anomaly()`: remember where z was recorded, and look at its numbers."""
    place = caller()
    Py_INCREF(place)
    z._origin = <PyObject *>place
    if not isfinite(z._data):
        raise AnomalyError(f"{described(z)} gave {z._data!r}, recorded at {place}")
    for k in range(z.count):
        if not isfinite(partials_of(z)[k]):
            raise AnomalyError(
                f"{described(z)} has the derivative {partials_of(z)[k]!r} "
                f"by operand {k}, recorded at {place}"
            )
    return 0


cdef size_t anomaly_from(Value z, size_t k) noexcept:
    """The first operand from k on that gets a contribution that is not finite."""
    while k < z.count and (edge_is_absent(z, k) or isfinite(partials_of(z)[k] * z._grad)):
        k += 1
    return k


cdef int report_contribution(Value z) except -1:
    cdef size_t k = anomaly_from(z, 0)
    cdef double p = partials_of(z)[k]
    place = <object>z._origin if z._origin is not NULL else "an unknown place (before detect_anomaly())"
    raise AnomalyError(
        f"backward() through {described(z)}: the contribution to operand {k} is "
        f"{p!r} * {z._grad!r} = {p * z._grad!r}, recorded at {place}"
    )


cdef str described(Value z):
    """An operation with its operands, named where they have names."""
    shown = [f"{x.label} = {x.data!r}" if x.label else repr(x.data) for x in z.args[:6]]
    if z.count > 6:
        shown.append(f"… {z.count - 6} more")
    name = f"{z.label} = " if z.label else ""
    return f"{name}{z.op}({', '.join(shown)})" if z.count else f"{name}a value of constants"


cdef str caller():
    """The innermost line of Python outside this project's own packages."""
    frame = sys._getframe()
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] in ("autograd", "nn"):
        frame = frame.f_back
    if frame is None:
        return "an unknown place"
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"


include "scopes.pxi"


# ── for the other compiled modules ────────────────────────────────────────────


cdef int list_below(tuple roots, tuple stops, Stack *found) except -1:
    """Fills `found` with the computed values that `roots` rest on, operands before
    results; the walk does not go below `stops`.  Nothing stays marked.

    What `found` lists lives as long as `roots`.  Hand it to `give_back` in the end.
    """
    global listing
    cdef bint complete = True
    cdef Py_ssize_t k
    for k in range(len(stops)):
        set_mark(<Value>stops[k])
    for k in range(len(roots)):
        complete = complete and list_computed(<Value>roots[k], clear=False)
    for k in range(len(stops)):
        clear_mark(<Value>stops[k])
    if not complete:
        unmark()
        raise MemoryError
    found[0] = listing
    listing = NO_STACK
    clear_marks(found)
    return 0


cdef void give_back(Stack *found) noexcept:
    """Ends the use of a list that `list_below` made."""
    global listing
    tidy(found)
    if listing.at is NULL:
        listing = found[0]
    else:
        free(found.at)
    found[0] = NO_STACK


def record_user(int code, list operands, double data, list partials):
    """A node of a user's operation.  A partial of None says that no derivative flows."""
    cdef Value z = constant(data)
    cdef bint wanted = False
    cdef list x = [operand(each, NAMES[code]) for each in operands]
    for each in x:
        wanted |= not (<Value>each).flags & CONSTANT
    if wanted and not mode & NO_GRAD:
        skip = 0
        for k in range(len(x)):
            if partials[k] is None or (<Value>x[k]).flags & CONSTANT:
                partials[k] = 0.0
                skip |= 1 << k
            elif data != data:
                partials[k] = data
        z = node(code, tuple(x), data, tuple(partials), 0.0, "", False, skip & 0xff)
    return result(z)


cdef object user_operation(int code):
    """The operation of a user with that code; None for the table's."""
    return USERS[code - FIRST_USER] if code >= FIRST_USER else None


FIRST_USER_CODE = FIRST_USER


def register(operation):
    """Give a user's operation its code."""
    if len(NAMES) > 0xffff:
        raise OverflowError("65,535 operations are registered, and no more can be")
    USERS.append(operation)
    NAMES.append(operation.name)
    SYMBOLS.append(operation.symbol)
    CODES[operation.name] = len(NAMES) - 1
    return len(NAMES) - 1


cdef bint is_stale(Value z) except -1:
    if z.code >= FIRST_USER:
        return user_is_stale(z)
    cdef size_t n = z.count, k
    cdef double few[2 * 3]
    cdef double *v = &few[0] if n <= 3 else <double *>malloc(2 * n * sizeof(double))
    if v is NULL:
        raise MemoryError
    memset(v, 0, 2 * n * sizeof(double))
    cdef bint stale = differ(recomputed(z, v, v + n), z._data)
    for k in range(n):
        stale |= not edge_is_absent(z, k) and differ(v[n + k], partials_of(z)[k])
    if v is not &few[0]:
        free(v)
    return stale


cdef bint user_is_stale(Value z) except -1:
    data, now = user_operation(z.code).numbers([x.data for x in z.args])
    return differ(data, z._data) or any(
        [z.carries(k) and differ(now[k] or 0.0, p) for k, p in enumerate(z.partials)]  # None: 0
    )


cdef double recomputed(Value z, double *v, double *p) noexcept:
    """The value and the partials as they would be recorded now."""
    cdef PyObject **x = operands_of(z)
    cdef unsigned wanted = 0
    cdef size_t k
    for k in range(z.count):
        v[k] = data_of(<Value>x[k])
        wanted |= (not edge_is_absent(z, k)) << k if k < SKIPPABLE else 0
    if is_many(z.code):
        return apply_many(z.code, v, z.count, p)
    if z.count == 1:
        return apply1(z.code, v[0], p, wanted)
    if z.count == 2:
        return apply2(z.code, v[0], v[1], p, wanted)
    return apply3(z.code, v[0], v[1], v[2], p, wanted)


cdef inline bint differ(double x, double y) noexcept:
    return x != y and not (x != x and y != y)


# ── leaves in vectors ─────────────────────────────────────────────────────────


cdef inline void set_data(Value x, double number) noexcept:
    if x.flags & FLAT:
        place_of(x)[0] = number
    else:
        x._data = number


cdef inline void set_grad(Value x, double number) noexcept:
    if x.flags & FLAT:
        grad_place_of(x)[0] = number
    else:
        x._grad = number


def flatten(list leaves, double[::1] data, double[::1] grad, owner):
    """Move the numbers of leaves into vectors: leaf k then reads and writes data[k], grad[k].

    `owner` keeps the memory alive.  A copy of a leaf has its number, not its place.
    """
    global flattenings
    cdef Value x
    cdef size_t k = 0
    for x in leaves:
        data[k], grad[k] = data_of(x), grad_of(x)
        if x.flags & FLAT:
            Py_DECREF(<object>x.operands.two[0])
        Py_INCREF(owner)
        x.operands.two[0] = <PyObject *>owner
        x.operands.two[1] = <PyObject *>&grad[k]
        x.locals.many = &data[k]
        x.flags |= FLAT
        k += 1
    flattenings += 1


def flattened():
    """How often leaves were moved: places that were looked up hold while this stays."""
    return flattenings


def flat_owner(list leaves):
    """The owner of the vectors that are made of just these leaves, in order; or None."""
    cdef Value x, first
    cdef size_t k = 0
    if not leaves or not (<Value?>leaves[0]).flags & FLAT:
        return None
    first = <Value>leaves[0]
    for x in leaves:
        if not x.flags & FLAT or place_of(x) != place_of(first) + k or x.operands.two[0] != first.operands.two[0]:
            return None
        k += 1
    return <object>first.operands.two[0]


# ── for autograd.graph ────────────────────────────────────────────────────────


def order(*roots):
    """All Values that `roots` rest on, themselves included: operands before results."""
    cdef Stack found, leaves = NO_STACK
    cdef size_t k
    for root in roots:
        if type(root) is not Value:
            raise TypeError(f"a graph is walked from a Value, not from {kind_of(root)}")
    list_below(roots, (), &found)
    try:
        if not list_leaves(roots, &found, &leaves):
            raise MemoryError
        return ([<Value>leaves.at[k] for k in range(leaves.size)]
                + [<Value>found.at[k] for k in range(found.size)])
    finally:
        free(leaves.at)
        give_back(&found)


cdef bint list_leaves(tuple roots, Stack *found, Stack *leaves) noexcept:
    """Fills `leaves` with the leaves among the operands of `found` and among the
    roots, each once; false if memory ran out."""
    cdef bint complete = True
    cdef size_t k
    cdef Py_ssize_t j
    for k in range(found.size):
        complete = complete and put_leaves(<Value>found.at[k], leaves)
    for j in range(len(roots)):
        complete = complete and put_leaf(<PyObject *>roots[j], leaves)
    clear_marks(leaves)
    return complete


cdef inline bint put_leaves(Value z, Stack *leaves) noexcept:
    cdef PyObject **x = operands_of(z)
    cdef size_t k
    for k in range(z.count):
        if not put_leaf(x[k], leaves):
            return False
    return True


cdef inline bint put_leaf(PyObject *x, Stack *leaves) noexcept:
    """Puts x down if it is a leaf that is not marked, and marks it; false if memory ran out."""
    if is_computed(<Value>x) or is_marked(<Value>x):
        return True
    set_mark(<Value>x)
    return put(leaves, x)


def node(int code, tuple args, double data, tuple partials, double grad, str label,
         bint is_constant, int skip, str scope_name=None):
    """A Value exactly as described, nothing computed; in the current scope if none is named.
    (For copies.)"""
    cdef Value z = new_node()
    cdef size_t n = len(args)
    cdef double *p
    if <size_t>len(partials) != n or not 0 <= code < len(NAMES) or (code == 0) != (n == 0):
        raise ValueError("the parts of this Value do not fit together")
    if n > 2:
        take_many(z, code, n)
        for k in range(n):
            adopt(z, k, <Value?>args[k])
    else:
        z.code = code
        for k in range(n):
            own(z, k, <Value?>args[k])
            z.count = k + 1
    p = partials_of(z)
    for k in range(n):
        p[k] = partials[k]
    z._data, z._grad, z.skip = data, grad, skip
    z.flags = CONSTANT if is_constant else 0
    z.label = label
    if scope_name is not None:
        z.scope_number = number_of_scope(scope_name)
    return z


def gaps(Value z):
    """The operands that no derivative flows to, as bits.  (For copies.)"""
    return z.skip
