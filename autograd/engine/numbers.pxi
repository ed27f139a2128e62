# What counts as a number, and where Values come from and go to.


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


cdef str plain_text(object text):
    """The text of a str.  What a subclass holds besides might hold the Value in turn, and the
    cyclic collector does not look into Values."""
    return text if type(text) is str else PyUnicode_FromObject(text)


# Nodes come and go by the million.  So Value has a free list and a destructor of its
# own, in place of Cython's, which are made for objects that come seldom: they set
# aside the exception under way, and wipe memory by an instruction that is slow to start.


cdef str NO_ROOM = (
    "there is no memory left for the graph; record less before backward(), or "
    "evaluate under no_grad()"
)
cdef str NO_WAY = "no memory is left to walk the graph"

cdef enum:
    MOST_SPARE = 4096

cdef PyObject *spare[MOST_SPARE]
cdef size_t spares = 0


cdef inline Value new_node():
    """A Value that is not initialised: a leaf, 0."""
    global spares
    cdef PyTypeObject *type = <PyTypeObject *>Value
    cdef PyObject *place
    refresh()  # what is read of `now` while the node is made holds
    if spares:
        spares -= 1
        place = spare[spares]
    else:
        place = PyObject_Malloc(type.tp_basicsize)
        if place is NULL:
            raise MemoryError(NO_ROOM)
    memset(place, 0, type.tp_basicsize)
    cdef Value out = <Value>PyObject_Init(place, type)
    out.scope_number = now.scope
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
