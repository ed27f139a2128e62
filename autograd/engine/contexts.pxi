# What holds for the length of a `with` block, in this thread.
#
# Entering and leaving are C alone: Python looks for signals between its own instructions,
# so Ctrl-C comes before or after, and never where the way back would be lost.


cdef class ModeBlock:
    """Turns the mode `_bit` on; blocks nest.  (`no_grad`, `detect_anomaly`)"""

    cdef list before

    def __cinit__(self):
        self.before = []

    def __enter__(self):
        global mode
        cdef int bit = self._bit
        self.before.append(mode & bit)
        mode = mode | bit

    def __exit__(self, kind, error, trace):
        global mode
        cdef int bit = self._bit, was = self.before.pop()
        mode = mode & ~bit | was


cdef class recording:
    """Record operations inside, also under `no_grad()`; gives whether they were recorded outside.

    For derivatives, which cannot do without.
    """

    cdef int was_off

    def __enter__(self):
        global mode
        self.was_off = mode & NO_GRAD
        mode = mode & ~NO_GRAD
        return not self.was_off

    def __exit__(self, kind, error, trace):
        global mode
        mode = mode & ~NO_GRAD | self.was_off


cdef class traced:
    """Trace what is recorded inside: decisions are noted in `guards`, a list, as (left,
    right, relation, outcome); constants remember how they were computed, so that they can be
    computed again from other numbers; and numbers do not leave the graph."""

    cdef list guards
    cdef PyObject *outer

    def __cinit__(self, list guards not None):
        self.guards = guards

    def __enter__(self):
        global mode, trace
        self.outer = trace  # held by a block around this one
        trace = <PyObject *>self.guards
        mode = mode | TRACING

    def __exit__(self, kind, error, trace_):
        global mode, trace
        trace = self.outer
        mode = mode | TRACING if trace is not NULL else mode & ~TRACING


cdef class ScopeBlock:
    """Values made inside are in the scope of that name below the current one; blocks nest."""

    cdef str name
    cdef list before

    def __cinit__(self, str name):
        self.name, self.before = name, []

    def __enter__(self):
        global scope
        self.before.append(scope)
        try:
            scope = scope_below(scope, self.name)
        except BaseException:
            self.before.pop()
            raise

    def __exit__(self, kind, error, trace):
        global scope
        scope = self.before.pop()
