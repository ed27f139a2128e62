# Scopes: where a Value was made, as a dotted name, so that pictures can group.
#
# A node holds the number of its scope; `now.scope` is the current one, in this context.
# `named_scope` (contexts.pxi) sets it for a block.  The call of a module (`Scoped`)
# sets it to the module's name: the path of attributes, keys and places that leads to it
# from the module that was called outermost.  Names are looked up once per module and
# remembered in it, so that a call costs a few comparisons.

SCOPES = [""]  # by number; a name once used stays for the life of the process
cdef dict scope_numbers = {"": 0}


cdef uint32_t number_of_scope(str name) except? 0xffffffff:
    known = scope_numbers.get(name)
    if known is not None:
        return known
    if len(SCOPES) >= 0xffffffff:
        raise OverflowError("there are 2**32 names of scopes, and no more can be")
    SCOPES.append(name)
    scope_numbers[name] = len(SCOPES) - 1
    return len(SCOPES) - 1


cdef uint32_t scope_below(uint32_t outer, str name) except? 0xffffffff:
    """The scope `name` inside the scope `outer`."""
    if not name:
        return outer
    return number_of_scope(f"{SCOPES[outer]}.{name}" if outer else name)


# The names of modules.


cdef enum:
    NOWHERE = 0xffffffff  # the scope of a module that is not below the one called outermost

cdef uint64_t namings = 0


cdef class Naming:
    """The names of the modules below one, as of the last search."""

    cdef uint64_t serial  # 1, 2, …: no other naming has it
    cdef dict paths  # id(module): its dotted name
    cdef list modules  # keeps them alive, so that an id stays what it was
    cdef list containers, keys, items  # what stood where, at every step on the way to a module
    cdef dict strangers  # id(module): a weak reference to one that was called, but is not below


@cython.auto_pickle(False)
cdef class Scoped:
    """What modules are made of: something whose calls name the Values made inside.

    A subclass says by `_naming()` what is below it: (name, module) pairs; (container, key,
    item) triples, for every step on the way to these; and (name, leaf) pairs, each leaf
    with the name of the module that holds it.
    """

    cdef Naming naming  # of the modules below, since this one was called outermost
    # The result of the last call's search, and the conditions it holds under:
    cdef uint64_t serial  # the naming's
    cdef PyObject *caller  # the module it was called from
    cdef uint32_t prefix  # the scope in which the outermost one was called
    cdef uint32_t outside  # the scope at the call
    cdef uint32_t inside  # the scope in the call

    def __getnewargs__(self):
        return ()  # what is held here is neither copied nor pickled; it is searched for again

    def __reduce_ex__(self, protocol):
        return object.__reduce_ex__(self, protocol if protocol > 2 else 2)


cdef bint still_holds(Naming naming) except -1:
    """Whether everything below still stands where it stood."""
    cdef PyObject *present
    cdef Py_ssize_t k, place
    for k in range(PyList_GET_SIZE(naming.items)):
        container = <object>PyList_GET_ITEM(naming.containers, k)
        key = <object>PyList_GET_ITEM(naming.keys, k)
        if type(container) is list:
            place = key
            present = PyList_GET_ITEM(container, place) if place < PyList_GET_SIZE(container) else NULL
        elif type(container) is dict:
            present = PyDict_GetItemWithError(container, key)
        else:
            try:
                item = container[key]
            except LookupError:
                return False
            present = <PyObject *>item
        if present != PyList_GET_ITEM(naming.items, k):
            return False
    return True


cdef int name_below(Scoped root, uint32_t outside) except -1:
    """Names the modules below `root`, which is called in the scope `outside`, and puts the
    leaves that they hold into their scopes."""
    global namings
    cdef Naming naming = Naming()
    modules, places, leaves = root._naming()
    naming.paths = {id(module): name for name, module in modules}
    naming.paths[id(root)] = ""
    naming.modules = [module for _, module in modules]
    naming.containers = [container for container, _, _ in places]
    naming.keys = [key for _, key, _ in places]
    naming.items = [item for _, _, item in places]
    naming.strangers = {}
    if root.naming is not None:
        for number, stranger in root.naming.strangers.items():
            if number not in naming.paths and stranger() is not None:
                naming.strangers[number] = stranger
    for name, x in leaves:
        (<Value?>x).scope_number = scope_below(outside, name)
    namings += 1
    naming.serial = namings
    root.naming = naming
    return 0


cdef bint is_stranger(Naming naming, Scoped module) except -1:
    reference = naming.strangers.get(id(module))
    return reference is not None and reference() is module


cdef int look_up(Scoped self, State *held) except -1:
    """Finds out in what scope a call of `self` is, from where it is called."""
    cdef Scoped root = <Scoped>held.outermost
    if id(self) not in root.naming.paths and not is_stranger(root.naming, self):
        name_below(root, held.prefix)  # it may have come since
        if id(self) not in root.naming.paths:
            root.naming.strangers[id(self)] = ref(self)
    cdef Naming naming = root.naming
    cdef uint32_t inside = NOWHERE
    name = naming.paths.get(id(self))
    caller = naming.paths.get(<size_t>held.innermost)
    if name is None:
        pass
    elif caller is not None and name.startswith(f"{caller}." if caller else ""):
        inside = scope_below(held.scope, name[len(caller) + 1 if caller else 0:])
    else:  # tied, and named as what is held elsewhere
        inside = scope_below(held.prefix, name)
    self.serial, self.caller, self.inside = naming.serial, held.innermost, inside
    self.prefix, self.outside = held.prefix, held.scope
    return 0


# Calls.  A neuron's takes about a microsecond, of which finding the scope is to be a
# hundredth.  The context's state owns references to the modules: a greenlet may be left in
# the middle of a call, or for good.


cdef PyObject *call_outermost(
    ContextState state, Scoped self, PyObject *function, PyObject *const *args, size_t count,
    PyObject *names
) except NULL:
    cdef State *held = &state.held
    cdef PyObject *root = held.outermost
    cdef uint32_t prefix = held.prefix
    if self.naming is None or not still_holds(self.naming):
        name_below(self, held.scope)
    Py_INCREF(self)
    held.outermost, held.prefix = <PyObject *>self, held.scope
    cdef PyObject *result = call_inside(state, self, held.scope, function, args, count, names)
    cdef PyObject *left = held.outermost
    held.outermost, held.prefix = root, prefix
    Py_XDECREF(left)
    return result


cdef inline PyObject *call_inside(
    ContextState state, Scoped self, uint32_t inside, PyObject *function, PyObject *const *args,
    size_t count, PyObject *names
) noexcept:
    """The call, with `self` as the innermost module, in the scope `inside`."""
    cdef State *held = &state.held
    cdef PyObject *caller = held.innermost
    cdef uint32_t outside = held.scope
    cdef Entry top = state.top
    Py_INCREF(self)
    held.innermost, held.scope = <PyObject *>self, inside
    cdef PyObject *result = PyObject_Vectorcall(function, args, count, names)
    cdef PyObject *left = held.innermost
    held.innermost, held.scope = caller, scope_outside(top, outside)
    Py_XDECREF(left)
    return result


cdef PyObject *call_scoped(
    PyObject *call, PyObject *const *args, size_t count, PyObject *names
) except NULL:
    cdef PyObject *function = <PyObject *>(<ScopedCall>call).__wrapped__
    cdef ContextState state = own_state()
    cdef State *held = &state.held
    if (not PyVectorcall_NARGS(count) or args[0] is held.innermost
            or not isinstance(<object>args[0], Scoped)):
        return PyObject_Vectorcall(function, args, count, names)
    cdef Scoped self = <Scoped>args[0]
    if held.outermost is NULL:
        return call_outermost(state, self, function, args, count, names)
    if (self.serial != (<Scoped>held.outermost).naming.serial or self.outside != held.scope
            or self.caller is not held.innermost or self.prefix != held.prefix):
        look_up(self, held)
    if self.inside == NOWHERE:
        return call_outermost(state, self, function, args, count, names)
    return call_inside(state, self, self.inside, function, args, count, names)


@cython.auto_pickle(False)
cdef class ScopedCall:
    """A function as the `__call__` of modules: it goes into the module's scope and back."""

    cdef vectorcallfunc vectorcall
    cdef readonly object __wrapped__

    def __cinit__(self, function):
        self.__wrapped__ = function
        self.vectorcall = <vectorcallfunc>call_scoped

    def __get__(self, module, kind):
        return self if module is None else MethodType(self, module)

    def __getattr__(self, str name):
        return getattr(self.__wrapped__, name)

    @property
    def __doc__(self):
        return self.__wrapped__.__doc__

    @property
    def __module__(self):
        return self.__wrapped__.__module__

    def __reduce__(self):
        return ScopedCall, (self.__wrapped__,)

    def __repr__(self):
        return repr(self.__wrapped__)


cdef int make_callable() except -1:
    """Has ScopedCall called through C alone, its first argument the module."""
    cdef PyTypeObject *type = <PyTypeObject *>ScopedCall
    cdef ScopedCall example = ScopedCall(None)
    type.tp_vectorcall_offset = <char *>&example.vectorcall - <char *><PyObject *>example
    type.tp_call = PyVectorcall_Call
    type.tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR
    PyType_Modified(type)
    return 0


make_callable()
