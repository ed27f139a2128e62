# What holds for the length of a `with` block, and of a module's call: in one context.
#
# A context is Python's own (`contextvars`).  Every thread and every greenlet has one, and so
# has every task of asyncio, which begins as a copy of the one that it was made in.  So a block
# holds across `await` for its own task alone; a task begins with the modes and the scope of
# the blocks that were open where it was made; threads and bare greenlets begin with none.
#
# What holds in a context is its `ContextState`.  `now` points to that of the context that runs
# and is looked up anew where Python says that another context, or another thread, came in
# between.  A copied context finds what it begins with in a `Snapshot`; it gets a state of its
# own when something is to be changed in it.
#
# Blocks are left in any order: a generator may be closed late, an object be entered by two
# threads.  So every entering makes an `Entry`, leaving marks it, and what holds follows from
# the entries that are open.
#
# Entering and leaving are C alone: Python looks for signals between its own instructions,
# so Ctrl-C comes before or after, and never where the way back would be lost.


cdef extern from *:
    """
    typedef struct {
        int mode;
        uint32_t scope, prefix;
        PyObject *outermost, *innermost, *trace;
    } State;

    static State NO_STATE;
    static State *now = &NO_STATE;
    static uint64_t thread_of_now, version_of_now;

    /* Whether `now` is of the context that runs: Python counts every change of context. */
    static inline int now_is_current(void) {
        PyThreadState *thread = PyThreadState_Get();
        return thread->context_ver == version_of_now && thread->id == thread_of_now;
    }
    static void set_now(State *state) {
        PyThreadState *thread = PyThreadState_Get();
        now = state, version_of_now = thread->context_ver, thread_of_now = thread->id;
    }
    static PyObject *running_context(void) { return PyThreadState_Get()->context; }
    """
    ctypedef struct State:  # what holds in a context: see contexts.pxi
        int mode
        uint32_t scope  # the number of the current scope
        uint32_t prefix  # the scope in which the outermost module was called
        PyObject *outermost  # of the modules whose calls are under way; NULL: none is
        PyObject *innermost
        PyObject *trace  # under TRACING: the list of guards, which its block holds
    State NO_STATE
    State *now
    bint now_is_current() noexcept
    void set_now(State *state) noexcept
    PyObject *running_context() noexcept

cdef enum:  # bits of a mode
    NO_GRAD = 1
    ANOMALY = 2
    TRACING = 4
    ORIGINS = 8

cdef enum:
    TOKEN_SIZE = 64  # with the collector's head: what follows takes the place that was tried
    INHERITED = NO_GRAD | ANOMALY  # what a copied context begins with: a trace is of one alone


cdef class ContextState:
    """What holds in one context."""

    cdef State held
    cdef object context  # a weak reference
    cdef Entry top  # the block entered last, of those that are open
    cdef int first_mode  # before any block
    cdef uint32_t first_scope
    cdef Snapshot handed_on  # what a copy of the context would begin with


@cython.freelist(8)
cdef class Entry:
    """A block that was entered."""

    cdef ContextState state
    cdef Entry outer  # the one before, of any block
    cdef Entry earlier  # the one before of this block, in any context
    cdef int decides, bits  # of the mode
    cdef uint32_t outside, inside  # the scopes
    cdef list guards  # of a trace
    cdef bint left


@cython.freelist(8)
cdef class Snapshot:
    """What a context hands on to its copies."""

    cdef ContextState origin
    cdef State held


cdef object VARIABLE = ContextVar("autograd")
cdef ContextState here = None  # of the context that runs, if it has one
cdef object keeper = None  # of what `now` points to


cdef int find_context() except -1:
    """Lets `now` point to what holds in the context that runs."""
    global here, keeper
    cdef object before = keeper, held = None  # `before` lives until all is settled
    cdef PyObject *value = NULL
    cdef Snapshot snapshot
    PyContextVar_Get(VARIABLE, NULL, &value)
    if value is not NULL:
        held = <object>value
        Py_XDECREF(value)
    if held is None:
        here, keeper = None, None
        set_now(&NO_STATE)
        return 0
    snapshot = <Snapshot>held
    if runs(snapshot.origin):
        here, keeper = snapshot.origin, snapshot.origin
        set_now(&here.held)
    else:
        here, keeper = None, snapshot
        set_now(&snapshot.held)
    return 0


cdef bint runs(ContextState state) except -1:
    """Whether it is of the context that runs."""
    if state.context is None:
        return False
    context = state.context()
    return <PyObject *>context is running_context()


cdef inline int refresh() except -1:
    while not now_is_current():
        find_context()
    return 0


cdef inline int mode() except -1:
    """The mode of the context that runs, in bits."""
    refresh()
    return now.mode


cdef inline ContextState own_state():
    """What holds in the context that runs, to be changed."""
    refresh()
    return begin_context() if here is None else here


cdef ContextState begin_context():
    cdef ContextState state = ContextState.__new__(ContextState)
    state.held.mode = state.first_mode = now.mode
    state.held.scope = state.first_scope = now.scope
    hand_on(state, now.mode, now.scope)  # makes the context, where there was none
    state.context = ref(<object>running_context())
    find_context()
    return state


cdef int hand_on(ContextState state, int mode, uint32_t scope) except -1:
    """Has copies of the context that runs begin with these."""
    cdef Snapshot snapshot = state.handed_on
    if snapshot is not None and snapshot.held.mode == mode and snapshot.held.scope == scope:
        return 0
    snapshot = Snapshot.__new__(Snapshot)
    snapshot.origin, snapshot.held.mode, snapshot.held.scope = state, mode, scope
    # Python crashes where there is no memory for the token that it makes; so that is tried.
    cdef PyObject *attempt = PyObject_Malloc(TOKEN_SIZE)
    if attempt is NULL:
        raise MemoryError("no memory is left to enter a block")
    PyObject_Free(attempt)
    PyContextVar_Set(VARIABLE, snapshot)
    state.handed_on = snapshot
    return 0


cdef uint32_t scope_outside(Entry entry, uint32_t scope) noexcept:
    """The scope that is left when the blocks from `entry` outward that were left are gone."""
    while entry is not None and entry.left:
        if scope == entry.inside:
            scope = entry.outside
        entry = entry.outer
    return scope


cdef void settle(ContextState state) noexcept:
    """What holds follows from the blocks that are open: the latest decides."""
    cdef Entry entry = state.top
    cdef int decided = 0, bits = 0
    state.held.scope = scope_outside(entry, state.held.scope)
    while state.top is not None and state.top.left:
        state.top = state.top.outer
    state.held.trace = NULL
    entry = state.top
    while entry is not None:
        if not entry.left:
            if entry.decides & ~decided & TRACING and entry.guards is not None:
                state.held.trace = <PyObject *>entry.guards
            bits |= entry.bits & ~decided
            decided |= entry.decides
        entry = entry.outer
    state.held.mode = bits | state.first_mode & ~decided


cdef int hand_on_what_is_open(ContextState state) except -1:
    """Copies of the context begin in the blocks that are open, but in no module's call."""
    cdef uint32_t scope = state.first_scope
    cdef Entry entry = state.top
    while entry is not None:
        if not entry.left and entry.inside != entry.outside:
            scope = entry.inside
            break
        entry = entry.outer
    return hand_on(state, state.held.mode & INHERITED, scope)


cdef class Block:
    """A block; entered again inside itself, or by several threads at once, as one likes."""

    cdef Entry last  # of its entries that were not left

    cdef int enter(self, int decides, int bits, str name, list guards) except -1:
        cdef ContextState state = own_state()
        cdef Entry entry = Entry.__new__(Entry)
        entry.state, entry.decides, entry.bits, entry.guards = state, decides, bits, guards
        entry.outside = state.held.scope
        entry.inside = scope_below(entry.outside, name) if name else entry.outside
        entry.outer, entry.earlier = state.top, self.last
        self.last = state.top = entry
        state.held.scope = entry.inside
        settle(state)
        try:
            hand_on_what_is_open(state)
        except BaseException:
            self.leave()
            raise
        return 0

    cdef int leave(self) except -1:
        """Leaves the block where it was entered in this context, last."""
        refresh()
        if self.last is None:
            raise RuntimeError(f"{type(self).__name__} is left, but was not entered")
        cdef Entry entry = self.taken()
        entry.left = True
        settle(entry.state)
        if entry.state is here:
            try:
                hand_on_what_is_open(here)
            except MemoryError:  # what holds here is right; what is made here begins as before
                pass
        return 0

    cdef Entry taken(self):
        """The entry to be left, which is unlinked.  If there is none in this context (a
        generator was begun in one task and closed in another), it is the last of any."""
        cdef Entry entry = self.last, above = None
        while entry is not None and entry.state is not here:
            above, entry = entry, entry.earlier
        if entry is None:
            above, entry = None, self.last
        if above is None:
            self.last = entry.earlier
        else:
            above.earlier = entry.earlier
        entry.earlier = None
        return entry

    def __exit__(self, kind, error, trace):
        self.leave()


cdef class ModeBlock(Block):
    """Turns the mode `_bit` on; blocks nest.  (`no_grad`, `detect_anomaly`)"""

    def __enter__(self):
        cdef int bit = self._bit
        self.enter(bit, bit, None, None)


cdef class recording(Block):
    """Record operations inside, also under `no_grad()`; gives whether they were recorded outside.

    For derivatives, which cannot do without.
    """

    def __enter__(self):
        cdef bint was_off = mode() & NO_GRAD
        self.enter(NO_GRAD, 0, None, None)
        return not was_off


cdef class ScopeBlock(Block):
    """Values made inside are in the scope of that name below the current one; blocks nest."""

    cdef str name

    def __cinit__(self, name):
        self.name = plain_text(name)

    def __enter__(self):
        self.enter(0, 0, self.name, None)


cdef class traced(Block):
    """Trace what is recorded inside: decisions are noted in `guards`, a list, as (left,
    right, relation, outcome); constants remember how they were computed, so that they can be
    computed again from other numbers; and numbers do not leave the graph."""

    cdef list guards

    def __cinit__(self, list guards not None):
        self.guards = guards

    def __enter__(self):
        gc.callbacks.append(trace_aside)
        try:
            self.enter(TRACING, TRACING, None, self.guards)
        except BaseException:
            gc.callbacks.remove(trace_aside)
            raise

    def __exit__(self, kind, error, trace):
        self.leave()
        if trace_aside in gc.callbacks:
            gc.callbacks.remove(trace_aside)


# The finalisers that the collector runs come at any moment.  What they compute is not the
# traced function's, so a trace waits while the collector is at work.

cdef Block collection = Block()


def trace_aside(phase, info):
    """(One of `gc.callbacks` while something is traced.)"""
    if phase == "start" and mode() & TRACING:
        collection.enter(TRACING, 0, None, None)
    elif phase == "stop" and collection.last is not None:
        collection.leave()
