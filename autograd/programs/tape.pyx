# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, binding=True
"""Tapes: a graph made ready to be replayed, and its replay.

`listed` turns recorded Values into a `Listing` (`autograd.programs.ir`).  `Tape` makes
instructions of a listing, in this order:

    fold        what rests on constants alone is computed now
    share       what is computed twice from the same is computed once
    drop        what no output rests on is left out
    fuse        chains of additions and of products become one instruction
    part        what does not depend on an input is computed once a call
    schedule    by level, so that alike operations stand together and run as one

and `run` replays them (`tape_simd.h`), without the interpreter's lock.
"""

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_STRIDED, PyBUF_STRIDED_RO, PyBuffer_Release, PyObject_GetBuffer
from cpython.object cimport PyObject
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from cpython.mem cimport (
    PyMem_RawCalloc as calloc, PyMem_RawFree as free, PyMem_RawMalloc as malloc,
)
from libc.string cimport memcmp, memcpy, memset

from autograd.engine.value cimport (
    CONSTANT, FLAT, VISITED, Stack, Value, begin_unlocked, data_of, detects_anomalies, end_unlocked,
    grad_place_of, layout_version, operands_of, order_below, owner_of, place_of, process, release,
)

import os

import numpy as np

from autograd.engine.value import ADDING
from autograd.programs.ir import Listing

include "codes.pxi"

cdef extern from "Python.h":
    PyObject *PyList_GET_ITEM(object, Py_ssize_t) noexcept
    Py_ssize_t PyList_GET_SIZE(object) noexcept

cdef extern from "tape_simd.h" nogil:
    ctypedef struct Step:
        uint64_t first
        uint32_t count
        uint32_t out
        uint32_t width
        uint16_t code
        uint8_t kind
        uint8_t together
        uint8_t of_inputs
        uint8_t by_inputs
        uint8_t by_weights
        uint8_t loose
    ctypedef struct Steps "Tape":
        Step *steps
        size_t count
        uint32_t *operands
    ctypedef struct Guard:
        uint32_t a, b
        int32_t relation, outcome
    ctypedef struct Plan:
        Steps fixed, varying
        size_t inputs, outputs, splats, copies, guards, u_size, v_size, room, lanes
        uint32_t *splat
        uint32_t *copied
        uint32_t *output
        Guard *guard
    ctypedef struct Column:
        double *at
        Py_ssize_t step
    ctypedef struct Run:
        Column *inputs
        Column *outputs
        Column *seeds
        Column *grads
        Column *tangents
        Column *pushed
        unsigned char *kept
        double *u
        double *u_bar
        double *v
        double *bar
        double *room
        const double *w
        double *w_bar
        unsigned wants
    ctypedef struct Processor:
        const char *name
    const Processor *processor_up_to(int limit)
    void begin_call(const Plan *p, const Run *r, const Processor *cpu)
    void end_call(const Plan *p, const Run *r, const Processor *cpu)
    void run_rows(const Plan *p, const Run *r, const Processor *cpu, size_t row, size_t end)
    double apply1(int op, double x, double *p, unsigned wanted)
    double apply2(int op, double x, double y, double *p, unsigned wanted)
    double apply3(int op, double x, double y, double c, double *p, unsigned wanted)
    double apply_many(int op, const double *v, size_t count, double *p)
    bint is_many(int op)
    enum:
        FIRST_USER, MOST_LANES, BY_INPUTS, BY_WEIGHTS, KIND_MANY, KIND_SUM, KIND_LAYER
        KIND_SOFTMAX
        STEP_SUM, STEP_DOT
    const uint32_t NO_SLOT

WIDTHS = {"plain": 0, "avx2": 1, "avx512": 2}
cdef const Processor *cpu = processor_up_to(WIDTHS.get(os.environ.get("AUTOGRAD_VECTORS", ""), 2))


def processor():
    """The kind of vectors that programs use here: "avx512", "avx2" or "plain".

    The environment variable AUTOGRAD_VECTORS sets an upper limit.
    """
    return cpu.name.decode()


# ── from Values to a listing ──────────────────────────────────────────────────

cdef enum:
    COMPUTED, INPUT, WEIGHT, FIXED


cdef list below(tuple roots, tuple stops):
    """All computed values that `roots` rest on, operands before results, not below `stops`."""
    cdef Stack found
    order_below(roots, stops, &found)
    try:
        return [<Value>found.at[k] for k in range(found.size)]
    finally:
        release(&found)


def listed(list outputs, list inputs, list guards=[]):
    """The graph between `inputs` and `outputs` as a `Listing`.

    Parameters
    ----------
    outputs, inputs : list of Value
    guards : list of (Value, Value, relation, outcome)
    """
    cdef list roots = [*outputs, *[v for guard in guards for v in guard[:2]]]
    cdef list nodes = below(tuple(roots), tuple(inputs))
    cdef size_t edges = 0, n, k
    cdef Value z
    for z in nodes:
        edges += z.count
    cdef size_t room = len(inputs) + len(nodes) + edges + len(roots)
    cdef Numbering numbers = Numbering(room, edges, len(roots))
    n = numbers.number_all(inputs, nodes, roots)
    role, code, stopped = numbers.role_[:n], numbers.code_[:n], numbers.stopped_[:n]
    weights = [<Value>numbers.numbered[k] for k in np.flatnonzero(role == WEIGHT).tolist()]
    tests = np.zeros((len(guards), 4), np.int32)
    tests[:, :2] = numbers.place_[len(outputs):].reshape(len(guards), 2)
    tests[:, 2:] = np.array([(each := guard[2:]) for guard in guards], np.int32).reshape(len(guards), 2)
    return Listing(role, code, stopped, numbers.start_[:n + 1], numbers.operand_, numbers.data_[:n],
                   numbers.place_[:len(outputs)], tests, len(inputs), weights)


cdef class Numbering:
    """The arrays of a listing, and the walk that fills them.  Until its marks are gone
    nothing runs that could start another walk, nor anything that can fail."""

    cdef object role_, code_, stopped_, data_, start_, operand_, place_
    cdef uint8_t[::1] role, stopped
    cdef uint16_t[::1] code
    cdef uint32_t[::1] start, operand, place
    cdef double[::1] data
    cdef PyObject **numbered  # borrowed
    cdef uint32_t edges

    def __cinit__(self, size_t room, size_t edges, size_t roots):
        self.role = self.role_ = np.zeros(room, np.uint8)
        self.code = self.code_ = np.zeros(room, np.uint16)
        self.stopped = self.stopped_ = np.zeros(room, np.uint8)
        self.data = self.data_ = np.zeros(room)
        self.start = self.start_ = np.zeros(room + 1, np.uint32)
        self.operand = self.operand_ = np.zeros(edges, np.uint32)
        self.place = self.place_ = np.zeros(roots, np.uint32)  # by root
        self.numbered = <PyObject **>malloc((room + 1) * sizeof(PyObject *))
        if self.numbered is NULL:
            raise MemoryError("no memory is left for the program")

    def __dealloc__(self):
        free(self.numbered)

    cdef size_t number_all(self, list inputs, list nodes, list roots) noexcept:
        """Numbers inputs, computed values and leaves; how many there are."""
        cdef size_t n = 0, j, k
        cdef Value z
        cdef PyObject **x
        for j in range(<size_t>PyList_GET_SIZE(inputs)):
            n = self.number(<Value>PyList_GET_ITEM(inputs, j), INPUT, n)
        for j in range(<size_t>PyList_GET_SIZE(nodes)):
            z = <Value>PyList_GET_ITEM(nodes, j)
            x = operands_of(z)
            for k in range(z.count):
                n = self.number_leaf(<Value>x[k], n)
            self.code[n], self.stopped[n] = z.code, z.flags & CONSTANT
            for k in range(z.count):
                self.operand[self.edges] = (<Value>x[k]).cursor
                self.edges += 1
            n = self.number(z, COMPUTED, n)
        for j in range(<size_t>PyList_GET_SIZE(roots)):
            n = self.number_leaf(<Value>PyList_GET_ITEM(roots, j), n)
        for j in range(<size_t>PyList_GET_SIZE(roots)):
            self.place[j] = (<Value>PyList_GET_ITEM(roots, j)).cursor
        for k in range(n):
            (<Value>self.numbered[k]).flags &= ~VISITED
        return n

    cdef size_t number(self, Value v, int role, size_t n) noexcept:
        """Gives v the place n; the next free one."""
        v.flags |= VISITED
        v.cursor = n
        self.numbered[n] = <PyObject *>v
        self.role[n], self.data[n] = role, data_of(v)
        self.start[n + 1] = self.edges
        return n + 1

    cdef size_t number_leaf(self, Value v, size_t n) noexcept:
        """Gives the leaf v the place n, unless it has one; the next free one."""
        if v.flags & VISITED:
            return n
        return self.number(v, FIXED if v.flags & CONSTANT else WEIGHT, n)


# ── from a listing to instructions ────────────────────────────────────────────

cdef enum:  # codes above the table's
    SUM = 60001  # operands: the first term, the others
    DOT = 60002  # operands: bias, then pairs
    LAYER = 60003  # operands: bias, then all x, then all w
    SOFTMAXES = 60004  # operands: as the function was given them; one node of as many

cdef extern from *:
    """
    #include <stdint.h>
    static inline uint64_t mixed(uint64_t h, uint64_t x) {
        h = (h ^ x) * UINT64_C(0xff51afd7ed558ccd);
        return h ^ h >> 32;
    }
    """
    uint64_t mixed(uint64_t h, uint64_t x) noexcept


cdef class Builder:
    """The nodes while they are worked on.  Those that stand for others are skipped."""

    cdef size_t n, edges, room, table_size
    cdef object keep
    cdef bint reassociate
    cdef uint8_t[::1] role, stopped, live, varying, dep, wanted
    cdef uint8_t[::1] strict  # what decisions rest on, which keeps its bits
    cdef uint16_t[::1] code
    cdef uint32_t[::1] at, count, uses, level, group, rank, pool, weight
    cdef double[::1] data
    cdef int32_t[::1] table
    cdef uint32_t zero, minus_zero, one
    cdef object outputs, guards
    cdef size_t inputs

    def __init__(self, listing, bint reassociate):
        cdef size_t size = 5 * len(listing) + 16, edges = len(listing.operand)
        self.room = size
        self.reassociate = reassociate
        self.strict = np.zeros(size, np.uint8)
        self.role, self.stopped = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        self.live, self.varying = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        self.dep, self.wanted = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        self.code, self.data = np.zeros(size, np.uint16), np.zeros(size)
        self.at, self.count = np.zeros(size, np.uint32), np.zeros(size, np.uint32)
        self.uses, self.level = np.zeros(size, np.uint32), np.zeros(size, np.uint32)
        self.group, self.weight = np.zeros(size, np.uint32), np.zeros(size, np.uint32)
        self.rank = np.zeros(size, np.uint32)
        self.pool = np.zeros(4 * edges + 8 * size, np.uint32)
        self.table_size = 1024
        while self.table_size < 2 * size:
            self.table_size *= 2
        self.table = np.full(self.table_size, -1, np.int32)
        self.inputs = listing.inputs
        self.n = self.edges = 0
        self.read(listing)
        self.drop()
        self.fuse()
        self.gather_softmaxes()
        self.part()

    # fold and share

    cdef uint32_t entered(self, int role, int code=0, bint stopped=False, size_t count=0,
                          double data=0.0, uint32_t weight=0) noexcept:
        """A new node, whose `count` operands stand at the end of the pool.

        Nothing else writes where no node is, so a new one inherits nothing.
        """
        cdef uint32_t k = self.n
        self.role[k], self.code[k], self.stopped[k], self.data[k] = role, code, stopped, data
        self.at[k], self.count[k], self.weight[k] = self.edges, count, weight
        self.n += 1
        self.edges += count
        return k

    cdef uint32_t shared(self, int role, int code, bint stopped, size_t count, double data) noexcept:
        """The node of that description that is there already; else a new one."""
        cdef uint64_t bits, h = mixed(mixed(code, stopped), role)
        cdef uint32_t *x = &self.pool[self.edges]
        cdef uint32_t k
        cdef size_t j, slot
        memcpy(&bits, &data, 8)
        h = mixed(h, bits)
        for j in range(count):
            h = mixed(h, x[j])
        slot = h & (self.table_size - 1)
        while self.table[slot] >= 0:
            k = self.table[slot]
            if (self.code[k] == code and self.role[k] == role and self.stopped[k] == stopped
                    and self.count[k] == count and memcmp(&self.data[k], &data, 8) == 0
                    and memcmp(&self.pool[self.at[k]], x, 4 * count) == 0):
                return k
            slot = (slot + 1) & (self.table_size - 1)
        self.table[slot] = self.n
        return self.entered(role, code, stopped, count, data)

    cdef uint32_t constant(self, double x) noexcept:
        return self.shared(FIXED, 0, False, 0, x)

    cdef uint32_t node(self, int code, bint stopped, size_t count) noexcept:
        """A node whose `count` operands stand at the end of the pool."""
        return self.shared(COMPUTED, code, stopped, count, 0.0)

    cdef int read(self, listing) except -1:
        cdef uint8_t[::1] role = listing.role, stopped = listing.stopped
        cdef uint16_t[::1] code = listing.code
        cdef uint32_t[::1] start = listing.start, operand = listing.operand
        cdef double[::1] data = listing.data
        cdef size_t n = len(listing), k, j, m
        places = np.zeros(n + 1, np.uint32)
        cdef uint32_t[::1] place = places
        cdef uint32_t weights = 0
        cdef double *v
        cdef size_t longest = np.max(np.diff(listing.start.astype(np.int64)), initial=1)
        v = <double *>malloc((longest + 1) * sizeof(double))
        if v is NULL:
            raise MemoryError("no memory is left for the program")
        for k in range(n):
            if role[k] == INPUT:
                place[k] = self.entered(INPUT)
            elif role[k] == WEIGHT:
                place[k] = self.entered(WEIGHT, 0, False, 0, 0.0, weights)
                weights += 1
            elif role[k] == FIXED:
                place[k] = self.constant(data[k])
            else:
                place[k] = self.operation(code[k], stopped[k], &operand[start[k]],
                                          start[k + 1] - start[k], place, v)
        free(v)
        self.zero, self.minus_zero, self.one = self.constant(0.0), self.constant(-0.0), self.constant(1.0)
        self.outputs = places[listing.outputs]
        self.guards = listing.guards.copy()
        self.guards[:, :2] = places[listing.guards[:, :2]]
        return 0

    cdef uint32_t operation(self, int code, bint stopped, uint32_t *x, size_t n,
                            uint32_t[::1] place, double *v) noexcept:
        cdef size_t k, m
        cdef bint fixed = True
        cdef uint32_t total, divisor, zero
        cdef uint32_t *p
        for k in range(n):
            fixed &= self.role[place[x[k]]] == FIXED
            v[k] = self.data[place[x[k]]]
        if fixed:
            return self.constant(value_of(code, v, n))
        if code == OP_STOP_GRADIENT:
            stopped = True
        zero = self.constant(0.0) if code == OP_SUM or code == OP_MEAN else 0
        divisor = self.constant(<double>n) if code == OP_MEAN else 0
        p = &self.pool[self.edges]
        if code == OP_SUM or code == OP_MEAN:
            p[0] = zero
            for k in range(n):
                p[k + 1] = place[x[k]]
            total = self.node(SUM, stopped, n + 1)
            if code == OP_SUM:
                return total
            self.pool[self.edges] = total
            self.pool[self.edges + 1] = divisor
            return self.node(OP_DIV, stopped, 2)
        if code == OP_DOT:
            m = n // 2
            p[0] = place[x[n - 1]]
            for k in range(m):
                p[2 * k + 1], p[2 * k + 2] = place[x[k]], place[x[m + k]]
            return self.node(DOT, stopped, n)
        for k in range(n):
            p[k] = place[x[k]]
        return self.node(code, stopped, n)

    # drop

    cdef int drop(self) except -1:
        cdef size_t k, j
        for root in [*self.outputs.tolist(), *self.guards[:, :2].ravel().tolist()]:
            self.live[root] = 1
            self.uses[root] += 2  # it stays, whoever else uses it
        for root in self.guards[:, :2].ravel().tolist():
            self.strict[root] = self.reassociate
        for k in range(self.n - 1, -1, -1):
            if self.live[k]:
                for j in range(self.count[k]):
                    self.live[self.pool[self.at[k] + j]] = 1
                    self.uses[self.pool[self.at[k] + j]] += 1
                    self.strict[self.pool[self.at[k] + j]] |= self.strict[k]
        return 0

    # fuse

    cdef inline bint inner(self, uint32_t k, int code) noexcept:
        """Whether k is an operation of that code which one other alone uses."""
        return self.code[k] == code and self.uses[k] == 1 and not self.stopped[k]

    cdef inline bint ends_in_product(self, uint32_t k) noexcept:
        return (self.inner(self.pool[self.at[k]], OP_MUL)
                or self.inner(self.pool[self.at[k] + 1], OP_MUL))

    cdef int fuse(self) except -1:
        """b + w0·x0 + w1·x1 … becomes a dot, x0 + x1 + x2 … a sum, added in that order."""
        cdef size_t k
        for k in range(self.n - 1, -1, -1):
            if self.live[k] and self.code[k] == OP_ADD and not self.stopped[k]:
                if self.ends_in_product(k):
                    self.fuse_products(k)
                else:
                    self.fuse_terms(k)
        return 0

    cdef int fuse_products(self, uint32_t k) except -1:
        cdef list terms = [], gone = []
        cdef uint32_t here = k, a, b, rest, term
        while True:
            a, b = self.pool[self.at[here]], self.pool[self.at[here] + 1]
            term, rest = (b, a) if self.inner(b, OP_MUL) else (a, b)
            terms.append(term)
            gone.append(term)
            if self.inner(rest, OP_ADD) and self.ends_in_product(rest):
                gone.append(rest)
                here = rest
                continue
            break
        if self.inner(rest, OP_MUL):
            terms.append(rest)
            gone.append(rest)
            rest = self.minus_zero  # -0.0 + x is x, also where x is a zero
        if len(terms) < 2:
            return 0
        cdef size_t e = self.edges
        self.pool[e] = rest
        e += 1
        for term in reversed(terms):
            self.pool[e], self.pool[e + 1] = self.pool[self.at[term]], self.pool[self.at[term] + 1]
            e += 2
        self.replace(k, DOT, e, gone)
        self.live[rest] = 1
        return 0

    cdef int fuse_terms(self, uint32_t k) except -1:
        cdef list terms = [], gone = []
        cdef uint32_t here = k, a, b, term, rest
        while True:
            a, b = self.pool[self.at[here]], self.pool[self.at[here] + 1]
            if self.inner(a, OP_ADD) and not self.ends_in_product(a):
                rest, term = a, b
            elif self.inner(b, OP_ADD) and not self.ends_in_product(b):
                rest, term = b, a
            else:
                break
            terms.append(term)
            gone.append(rest)
            here = rest
        if not terms:
            return 0
        cdef size_t e = self.edges
        for term in [a, b, *reversed(terms)]:
            self.pool[e] = term
            e += 1
        self.replace(k, SUM, e, gone)
        return 0

    cdef int replace(self, uint32_t k, int code, size_t end, list gone) except -1:
        """Node k becomes an operation on what the pool holds up to `end`."""
        cdef uint32_t other
        for other in gone:
            self.live[other] = 0
        self.code[k], self.at[k], self.count[k] = code, self.edges, end - self.edges
        self.edges = end
        return 0

    # the softmaxes of one call become one instruction

    cdef int gather_softmaxes(self) except -1:
        cdef size_t k
        cdef dict calls = {}
        for k in range(self.n):
            if self.live[k] and self.code[k] == OP_SOFTMAX and self.count[k] > 1:
                operands = np.asarray(self.pool[self.at[k]:self.at[k] + self.count[k]])
                key = (self.stopped[k], np.sort(operands).tobytes())
                calls.setdefault(key, []).append((k, operands.tolist()))
        for k, members in enumerate(calls.values(), 1):
            if len(members[0][1]) <= max(4, 2 * len(members)):
                self.gather_call(k, members)
        return 0

    cdef int gather_call(self, uint32_t group, list members) except -1:
        """Node [x2, x0, x1, x3] is the softmax of x2 among x0 … x3, if the others say so."""
        cdef size_t e = self.edges, n = len(members[0][1])
        cdef uint32_t first = members[0][0]
        own, rest = members[0][1][0], members[0][1][1:]
        other = members[len(members) - 1][1][1:]
        where = other.index(own) if own in other else 0
        for place in (where, where + 1):
            given = rest[:place] + [own] + rest[place:]
            if len(set(given)) < n:
                return 0
            ranks = {x: j for j, x in enumerate(given)}
            if all(x == [x[0]] + given[:ranks[x[0]]] + given[ranks[x[0]] + 1:] for _, x in members):
                break
        else:
            return 0
        for j, x in enumerate(given):
            self.pool[e + j] = x
        self.edges += n
        nodes = {x[0]: k for k, x in members}
        for x, rank in ranks.items():
            if x not in nodes:  # what nothing needs is computed along
                nodes[x] = self.entered(COMPUTED, 0, self.stopped[first])
            k = nodes[x]
            self.code[k], self.at[k], self.count[k] = SOFTMAXES, e, n
            self.live[k], self.group[k], self.rank[k] = 1, group, rank
        return 0

    # part

    cdef int part(self) except -1:
        """What depends on what; which dots have weights that are the same for all rows."""
        cdef size_t k, j
        cdef uint32_t x, level
        cdef dict groups = {}
        for k in range(self.n):
            if self.role[k] == INPUT:
                self.varying[k], self.dep[k] = 1, BY_INPUTS
            elif self.role[k] == WEIGHT:
                self.dep[k] = BY_WEIGHTS
            elif self.live[k] and self.role[k] == COMPUTED:
                for j in range(self.count[k]):
                    x = self.pool[self.at[k] + j]
                    self.varying[k] |= self.varying[x]
                    self.dep[k] |= self.dep[x]
                if self.stopped[k]:
                    self.dep[k] = 0
                if self.varying[k] and self.code[k] == DOT:
                    self.make_layer(k, groups)
                level = 0
                for j in range(self.count[k]):
                    x = self.pool[self.at[k] + j]
                    if self.varying[x] == self.varying[k] and self.level[x] > level:
                        level = self.level[x]
                self.level[k] = level + 1
                self.wanted[k] = self.wanted_of(k)
        return 0

    cdef uint8_t wanted_of(self, uint32_t k) noexcept:
        """By operand: bits 0-2 whether it depends on inputs, bits 3-5 whether on weights."""
        cdef uint8_t wanted = 0, bits
        cdef size_t j, place, n = (self.count[k] - 1) // 2
        if self.stopped[k]:
            return 0
        for j in range(self.count[k]):
            if self.code[k] == LAYER:
                place = 0 if 1 <= j <= n else 1
            else:
                place = j if self.count[k] <= 3 and not is_many(self.code[k]) and self.code[k] < SUM else 0
            bits = self.dep[self.pool[self.at[k] + j]]
            wanted |= ((bits & BY_INPUTS) != 0) << place | ((bits & BY_WEIGHTS) != 0) << (place + 3)
        return wanted

    cdef int make_layer(self, uint32_t k, dict groups) except -1:
        """A dot of numbers that vary with weights that do not is a layer's row."""
        cdef uint32_t *p = &self.pool[self.at[k]]
        cdef size_t n = (self.count[k] - 1) // 2, j, e = self.edges, extra = self.varying[p[0]]
        for j in range(n):
            if self.varying[p[2 * j + 1]] == self.varying[p[2 * j + 2]]:
                return 0
        self.pool[e] = self.minus_zero if extra else p[0]
        if extra:  # a bias that varies is a term of its own: 1·bias
            self.pool[e + 1], self.pool[e + 1 + n + 1] = p[0], self.one
            self.live[self.one] = self.live[self.minus_zero] = 1
        for j in range(n):
            first = self.varying[p[2 * j + 1]]
            self.pool[e + 1 + extra + j] = p[2 * j + 1] if first else p[2 * j + 2]
            self.pool[e + 1 + n + 2 * extra + j] = p[2 * j + 2] if first else p[2 * j + 1]
        n += extra
        self.code[k], self.at[k], self.count[k] = LAYER, e, 1 + 2 * n
        self.edges = e + 1 + 2 * n
        operands = bytes(<uint8_t[:4 * n]><uint8_t *>&self.pool[e + 1]) if n else b""
        key = (self.stopped[k], self.strict[k], operands)
        self.group[k] = groups.setdefault(key, len(groups))
        return 0


cdef double value_of(int code, double *v, size_t n) noexcept:
    if is_many(code):
        return apply_many(code, v, n, NULL)
    if n == 1:
        return apply1(code, v[0], NULL, 0)
    if n == 2:
        return apply2(code, v[0], v[1], NULL, 0)
    return apply3(code, v[0], v[1], v[2], NULL, 0)


# ── replay ────────────────────────────────────────────────────────────────────

cdef class Workspace:
    """The memory of one call."""

    cdef void *block
    cdef double *u
    cdef double *u_bar
    cdef double *v
    cdef double *bar
    cdef double *room
    cdef double *singles
    cdef Column *columns
    cdef Py_buffer *buffers
    cdef size_t buffers_held
    cdef size_t lanes

    def __cinit__(self, Tape tape, size_t lanes):
        self.lanes = lanes
        cdef Plan *p = &tape.plan
        cdef size_t columns = 4 * p.inputs + 4 * p.outputs + 4
        cdef size_t doubles = 2 * p.u_size + 2 * p.v_size * lanes + p.room + columns + 64
        self.block = malloc(doubles * sizeof(double))
        self.columns = <Column *>malloc(columns * sizeof(Column))
        self.buffers = <Py_buffer *>malloc(columns * sizeof(Py_buffer))
        if self.block is NULL or self.columns is NULL or self.buffers is NULL:
            raise MemoryError("no memory is left for the program")
        self.v = <double *>((<size_t>self.block + 63) & ~<size_t>63)
        self.bar = self.v + p.v_size * lanes
        self.u = self.bar + p.v_size * lanes
        self.u_bar = self.u + p.u_size
        self.room = self.u_bar + p.u_size
        self.singles = self.room + p.room
        memcpy(self.u, tape.start, p.u_size * sizeof(double))

    def __dealloc__(self):
        free(self.block)
        free(self.columns)
        free(self.buffers)

    cdef Column *filled(self, size_t at, list entries, size_t expected, size_t rows, bint writable) except NULL:
        """The columns of `entries` (numbers, None, arrays of one or two dimensions) at place `at`."""
        cdef size_t n = at, width, j
        cdef Py_buffer *b
        for entry in entries:
            array = type(entry) is not float and hasattr(entry, "shape")
            width = self.opened(entry, rows, writable) if array else 1
            if width > at + expected - n:
                raise ValueError(f"there are more than {expected} columns")
            if not width:
                continue
            if array:
                b = &self.buffers[self.buffers_held - 1]
                for j in range(width):
                    self.columns[n + j].at = <double *>(<char *>b.buf + (j * b.strides[1] if b.ndim > 1 else 0))
                    self.columns[n + j].step = b.strides[0] // <Py_ssize_t>sizeof(double)
            elif entry is None:
                self.columns[n].at, self.columns[n].step = NULL, 0
            else:
                self.singles[n] = entry
                self.columns[n].at, self.columns[n].step = &self.singles[n], 0
            n += width
        if n - at != expected:
            raise ValueError(f"{expected} columns are needed, not {n - at}")
        return &self.columns[at]

    cdef Py_ssize_t opened(self, entry, size_t rows, bint writable) except -1:
        """How many columns an array has, whose buffer is held if there are any: then no more
        buffers are held than there are columns, for which there is room."""
        cdef Py_buffer *b = &self.buffers[self.buffers_held]
        PyObject_GetBuffer(entry, b, PyBUF_FORMAT | (PyBUF_STRIDED if writable else PyBUF_STRIDED_RO))
        self.buffers_held += 1
        if not 1 <= b.ndim <= 2 or b.format[0] != c"d" or b.shape[0] != <Py_ssize_t>rows:
            raise ValueError("a column has not the right type or length")
        if b.strides[0] % <Py_ssize_t>sizeof(double):
            raise ValueError("the numbers of a column are not whole doubles apart")
        cdef Py_ssize_t width = 1 if b.ndim == 1 else b.shape[1]
        if not width:
            self.buffers_held -= 1
            PyBuffer_Release(b)
        return width

    cdef void release(self) noexcept:
        while self.buffers_held:
            self.buffers_held -= 1
            PyBuffer_Release(&self.buffers[self.buffers_held])


cdef struct Stretch:  # weights whose numbers stand in a row, in memory and in u
    double *data
    double *grad
    size_t slot, weight, count


cdef class Tape:
    """The instructions of a listing."""

    cdef Plan plan
    cdef double *start  # u before a call: the constants
    cdef uint32_t *weight_slot
    cdef Stretch *stretches
    cdef size_t stretch_count
    cdef size_t looked_up  # `layout_version` when that was done
    cdef Stretch *direct  # the one that layers read where it is, or NULL
    cdef object owner  # of its memory
    cdef uint32_t *loose  # weights' slots that not only layers use
    cdef size_t loose_count, layers_first, layers_end
    cdef readonly list weights
    cdef list spare
    cdef size_t narrow  # lanes that every spare workspace has room for

    def __cinit__(self, listing, bint reassociate=False):
        """`reassociate`: sums may be added in any order, and products fused with additions."""
        cdef Builder b = Builder(listing, reassociate)
        self.weights = listing.weights
        self.spare = []
        build(self, b)
        self.look_up()  # so that there is no tape whose weights were never looked up

    def __dealloc__(self):
        free(self.plan.fixed.steps)
        free(self.plan.fixed.operands)
        free(self.plan.varying.steps)
        free(self.plan.varying.operands)
        free(self.plan.splat)
        free(self.plan.copied)
        free(self.plan.output)
        free(self.plan.guard)
        free(self.start)
        free(self.weight_slot)
        free(self.stretches)
        free(self.loose)

    def __len__(self):
        """Instructions."""
        return self.plan.fixed.count + self.plan.varying.count

    def sizes(self):
        """Numbers held: (once a call, once a lane, lanes at most)."""
        return self.plan.u_size, self.plan.v_size, self.plan.lanes

    cdef Workspace workspace(self, size_t rows):
        cdef size_t lanes = self.plan.lanes if rows > 1 else 1
        if self.spare and (lanes == 1 or self.narrow > 1):
            try:
                return <Workspace>self.spare.pop()
            except IndexError:  # another thread was quicker
                pass
        if lanes > self.narrow:
            self.spare = []
            self.narrow = lanes
        return Workspace(self, self.narrow)

    cdef int look_again(self) except -1:
        """Looks the weights up, if any were moved since that was done."""
        if self.looked_up != layout_version:
            self.look_up()
        return 0

    cdef int look_up(self) except -1:
        """Where the weights' numbers are: in how few stretches of memory."""
        cdef size_t k
        cdef Value w
        cdef Stretch *s
        free(self.stretches)
        self.stretches = <Stretch *>malloc((len(self.weights) + 1) * sizeof(Stretch))
        if self.stretches is NULL:
            raise MemoryError("no memory is left for the program")
        self.stretch_count = 0
        for k in range(len(self.weights)):
            w = <Value>self.weights[k]
            if self.weight_slot[k] == NO_SLOT:
                continue
            s = &self.stretches[self.stretch_count - 1] if self.stretch_count else NULL
            if (s is not NULL and w.flags & FLAT and place_of(w) == s.data + s.count
                    and grad_place_of(w) == s.grad + s.count
                    and self.weight_slot[k] == s.slot + s.count and s.weight + s.count == k):
                s.count += 1
                continue
            s = &self.stretches[self.stretch_count]
            s.data, s.grad = &w._data, &w._grad
            if w.flags & FLAT:
                s.data, s.grad = place_of(w), grad_place_of(w)
            s.slot, s.weight, s.count = self.weight_slot[k], k, 1
            self.stretch_count += 1
        self.look_for_direct()
        self.looked_up = layout_version
        return 0

    cdef int look_for_direct(self) except -1:
        """Whether all weights of layers are one stretch, of which little is used elsewhere."""
        cdef size_t k
        cdef Stretch *s
        self.direct, self.owner = NULL, None
        for k in range(self.stretch_count):
            s = &self.stretches[k]
            if (s.count > 1 and s.slot <= self.layers_first < self.layers_end <= s.slot + s.count
                    and 4 * self.loose_count < s.count):
                self.direct, self.owner = s, owner_of(<Value>self.weights[s.weight])

    cdef int read_weights(self, Run *r) except -1:
        """Copies the weights to u, but for those that layers read where they are."""
        cdef size_t k, j
        cdef Stretch *s
        self.look_again()
        r.w, r.w_bar = r.u, r.u_bar
        for k in range(self.stretch_count):
            s = &self.stretches[k]
            if s.count == 1:
                r.u[s.slot] = s.data[0]
            elif s is not self.direct:
                memcpy(r.u + s.slot, s.data, s.count * sizeof(double))
            else:
                r.w = s.data - s.slot
                for j in range(self.loose_count):
                    if s.slot <= self.loose[j] < s.slot + s.count:
                        r.u[self.loose[j]] = r.w[self.loose[j]]
        return 0

    cdef void clear_grads(self, Run *r, bint added_directly) noexcept:
        """Zeros where the gradients by the weights are summed up, and says where that is."""
        cdef Stretch *s = self.direct
        cdef size_t k, end
        if not added_directly:
            memset(r.u_bar, 0, self.plan.u_size * sizeof(double))
            return
        r.w_bar = s.grad - s.slot
        end = s.slot + s.count
        memset(r.u_bar, 0, s.slot * sizeof(double))
        memset(r.u_bar + end, 0, (self.plan.u_size - end) * sizeof(double))
        for k in range(self.loose_count):
            r.u_bar[self.loose[k]] = 0.0

    cdef void give_grads(self, const double *u_bar, bint added_directly) noexcept:
        """Adds what stands in u_bar to the weights' gradients."""
        cdef size_t k, j
        cdef Stretch *s
        for k in range(self.stretch_count):
            s = &self.stretches[k]
            if added_directly and s is self.direct:
                for j in range(self.loose_count):
                    if s.slot <= self.loose[j] < s.slot + s.count:
                        s.grad[self.loose[j] - s.slot] += u_bar[self.loose[j]]
                continue
            for j in range(s.count):
                s.grad[j] += u_bar[s.slot + j]

    def run(self, list inputs, size_t rows, list values=None, list seeds=None, list grads=None,
            list tangents=None, list pushed=None, kept=None, weight_grads=None,
            bint accumulate=False, size_t first=0, size_t end=0xffffffffffffffff):
        """Replay rows first … end of a batch.

        Every list holds columns: a number for all rows, an array of `rows` numbers, or
        an array of two dimensions whose columns they are; None for a column not wanted.

        Parameters
        ----------
        inputs : what the inputs are
        values : where the outputs go
        seeds : ∂C/∂output
        grads : where ∂C/∂input goes
        tangents, pushed : x_dot, and where z_dot goes
        kept : array of bool, by row, where it goes whether the guards hold
        weight_grads : array to which ∂C/∂weight, summed over the rows, is added
        accumulate : whether it is added to `grad` of the weights
        """
        cdef Plan *p = &self.plan
        cdef Workspace w = self.workspace(rows)
        cdef Run r
        cdef size_t at = 0, last = rows if end > rows else end, k
        cdef uint8_t[::1] flags
        cdef double[::1] sums
        cdef bint locked = False, directly = False
        cdef double *place = NULL
        cdef object owner
        memset(&r, 0, sizeof(r))
        try:
            r.inputs = w.filled(0, inputs, p.inputs, rows, False)
            if values is not None:
                r.outputs = w.filled(p.inputs, values, p.outputs, rows, True)
            if seeds is not None:
                r.seeds = w.filled(p.inputs + p.outputs, seeds, p.outputs, rows, False)
            if grads is not None:
                r.grads = w.filled(p.inputs + 2 * p.outputs, grads, p.inputs, rows, True)
                r.wants |= BY_INPUTS
            if tangents is not None:
                r.tangents = w.filled(2 * p.inputs + 2 * p.outputs, tangents, p.inputs, rows, False)
                r.pushed = w.filled(3 * p.inputs + 2 * p.outputs, pushed, p.outputs, rows, True)
            if kept is not None:
                flags = kept
                if <size_t>flags.shape[0] < rows:
                    raise ValueError(f"`kept` has room for {len(kept)} rows, not for {rows}")
                r.kept = &flags[0] if rows else NULL
            r.u, r.u_bar, r.v, r.bar, r.room = w.u, w.u_bar, w.v, w.bar, w.room
            locked = accumulate and weight_grads is None and ADDING.acquire(False)
            self.read_weights(&r)
            owner = self.owner  # it lives on, whatever another thread does meanwhile
            if weight_grads is not None or accumulate:
                r.wants |= BY_WEIGHTS
                if locked and self.direct is not NULL:
                    directly = True
                    begin_unlocked()
                self.clear_grads(&r, directly)
                place = r.w_bar
            if locked and not directly:
                locked = False
                ADDING.release()
            with nogil:
                begin_call(p, &r, cpu)
                run_rows(p, &r, cpu, first, last)
                if r.wants & BY_WEIGHTS:
                    end_call(p, &r, cpu)
            if directly:
                self.look_again()
                if self.direct is NULL or self.direct.grad - self.direct.slot != place:
                    raise RuntimeError(
                        "the weights were flattened while another thread added to their gradients, "
                        "which are lost; flatten before threads start"
                    )
                self.give_grads(w.u_bar, True)
            elif accumulate:
                with ADDING:
                    self.look_again()
                    self.give_grads(w.u_bar, False)
            if weight_grads is not None and len(self.weights):
                sums = weight_grads
                if sums.shape[0] != len(self.weights):
                    raise ValueError(f"{len(self.weights)} weights have as many gradients, "
                                     f"not {len(weight_grads)}")
                for k in range(len(self.weights)):
                    if self.weight_slot[k] != NO_SLOT:
                        sums[k] += w.u_bar[self.weight_slot[k]]
        finally:
            if directly:
                end_unlocked()
            if locked:
                ADDING.release()
            w.release()
        if w.lanes == self.narrow:
            self.spare.append(w)

    def add_grads(self, double[::1] sums):
        """Adds a number to `grad` of each weight."""
        cdef size_t k, j
        cdef Stretch *s
        with ADDING:
            self.look_again()
            for k in range(self.stretch_count):
                s = &self.stretches[k]
                for j in range(s.count):
                    s.grad[j] += sums[s.weight + j]


cdef class Buffer:
    """A tape with memory of its own: calls that allocate nothing.

    Attributes
    ----------
    inputs, outputs : array of float64
        What is read and written by a call.
    grads, weight_grads : array of float64
        The derivatives of the first output, written by a call.
    """

    cdef readonly object inputs, outputs, grads, weight_grads
    cdef Tape tape
    cdef Workspace work
    cdef Run r
    cdef double[::1] sums
    cdef size_t busy  # the process in which a call is under way, or 0
    cdef object watch  # called with the arguments of a run, inside `detect_anomaly()`

    def __init__(self, Tape tape, size_t inputs, size_t outputs, watch):
        cdef size_t at = inputs + outputs
        self.tape, self.watch = tape, watch
        self.work = Workspace(tape, 1)
        self.inputs, self.outputs = np.zeros(inputs), np.zeros(outputs)
        self.grads, self.weight_grads = np.zeros(inputs), np.zeros(len(tape.weights))
        self.sums = self.weight_grads
        memset(&self.r, 0, sizeof(Run))
        self.r.inputs = self.work.filled(0, [self.inputs.reshape(1, -1)], inputs, 1, False)
        self.r.outputs = self.work.filled(inputs, [self.outputs.reshape(1, -1)], outputs, 1, True)
        self.r.seeds = self.work.filled(
            at, [(each := 1.0 if k == 0 else None) for k in range(outputs)], outputs, 1, False)
        self.r.grads = self.work.filled(at + outputs, [self.grads.reshape(1, -1)], inputs, 1, True)
        self.r.u, self.r.u_bar = self.work.u, self.work.u_bar
        self.r.v, self.r.bar, self.r.room = self.work.v, self.work.bar, self.work.room
        self.r.wants = BY_INPUTS | BY_WEIGHTS

    def __call__(self):
        """Compute the outputs and the derivatives of the first."""
        cdef Tape t = self.tape
        cdef size_t k
        cdef object owner
        if self.busy == process:
            raise RuntimeError("a buffer serves one thread at a time; make one for each")
        if detects_anomalies():
            self.watch([self.inputs.reshape(1, -1)], 1, [1.0])
        t.read_weights(&self.r)
        owner = t.owner  # of what is read below, whatever another thread does meanwhile
        self.busy = process
        t.clear_grads(&self.r, False)
        with nogil:
            begin_call(&t.plan, &self.r, cpu)
            run_rows(&t.plan, &self.r, cpu, 0, 1)
            end_call(&t.plan, &self.r, cpu)
        for k in range(<size_t>self.sums.shape[0]):
            self.sums[k] = self.r.u_bar[t.weight_slot[k]] if t.weight_slot[k] != NO_SLOT else 0.0
        self.busy = 0

    def __dealloc__(self):
        if self.work is not None:
            self.work.release()


include "schedule.pxi"
include "structure.pxi"
