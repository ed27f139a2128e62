# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, binding=True
"""Tapes: a graph made ready to be replayed, and its replay.

`flat_graph` turns recorded Values into a `FlatGraph` (`autograd.programs.ir`).  `Tape` makes
instructions of one, which is called lowering, in stages of a file each:

    share       what depends on constants alone is computed now; what is computed twice from the
                same is computed once; what no output depends on is dropped
    fuse        chains of additions and of products become one instruction
    softmaxes   the softmaxes of one call become one instruction
    layers      what does not depend on an input is computed once a call; dots with the same
                weights for every row are the rows of layers
    schedule    by level, so that alike operations stand together and run as one
    emit        the instructions

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
from autograd.programs.ir import FlatGraph

include "codes.pxi"

cdef extern from "Python.h":
    PyObject *PyList_GET_ITEM(object, Py_ssize_t) noexcept
    Py_ssize_t PyList_GET_SIZE(object) noexcept

cdef extern from "instructions.h" nogil:
    enum:
        RUN_SUM, RUN_MEAN, RUN_DOT, RUN_SOFTMAX
    const unsigned char instruction_of[]

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
        size_t inputs, outputs, splats, copies, guards, u_size, v_size, scratch, lanes
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
        unsigned char *fits
        double *u
        double *u_bar
        double *v
        double *bar
        double *scratch
        const double *w
        double *w_bar
        unsigned wants
    ctypedef struct Processor:
        const char *name
    const Processor *processor_up_to(int limit)
    void begin_call(const Plan *p, const Run *r, const Processor *cpu)
    void end_call(const Plan *p, const Run *r, const Processor *cpu)
    void run_rows(const Plan *p, const Run *r, const Processor *cpu, size_t row, size_t end)
    double apply1(int op, double x, double *p, unsigned mask)
    double apply2(int op, double x, double y, double *p, unsigned mask)
    double apply3(int op, double x, double y, double c, double *p, unsigned mask)
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


include "flat_graph.pxi"
include "builder.pxi"
include "share.pxi"
include "fuse.pxi"
include "softmaxes.pxi"
include "layers.pxi"
include "workspace.pxi"
include "weights.pxi"


cdef class Tape:
    """The instructions of a graph.

    Parameters
    ----------
    graph : FlatGraph
    reassociate : bool
        Sums may be added in any order, and products fused with additions.
    """

    cdef Plan plan
    cdef double *start  # u before a call: the constants
    cdef readonly list weights
    cdef WeightPlaces places
    cdef list idle  # workspaces that no call uses
    cdef size_t lanes  # of every one of them

    def __cinit__(self, graph, bint reassociate=False):
        cdef Builder b = Builder(graph, reassociate)
        self.weights = graph.weights
        self.places = WeightPlaces(graph.weights)
        self.idle = []
        schedule(self, b)
        self.places.look_up()  # so that there is no tape whose weights were never looked up

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

    def __len__(self):
        """Instructions."""
        return self.plan.fixed.count + self.plan.varying.count

    def sizes(self):
        """Numbers held: (once a call, once a lane, lanes at most)."""
        return self.plan.u_size, self.plan.v_size, self.plan.lanes

    cdef Workspace workspace(self, size_t rows):
        """One that no other call uses."""
        cdef size_t lanes = self.plan.lanes if rows > 1 else 1
        if self.idle and (lanes == 1 or self.lanes > 1):
            try:
                return <Workspace>self.idle.pop()
            except IndexError:  # another thread was quicker
                pass
        if lanes > self.lanes:
            self.idle = []
            self.lanes = lanes
        return workspace_of(&self.plan, self.start, self.lanes)

    def run(self, list inputs, size_t rows, list values=None, list seeds=None, list grads=None,
            list tangents=None, list pushed=None, fits=None, weight_grads=None,
            bint accumulate=False, size_t first=0, size_t end=0xffffffffffffffff):
        """Replay rows first … end of a batch.

        Every list holds columns: a number for all rows, an array of `rows` numbers, or
        an array of two dimensions whose columns they are; None for a column that is not needed.

        Parameters
        ----------
        inputs : what the inputs are
        values : where the outputs go
        seeds : ∂C/∂output
        grads : where ∂C/∂input goes
        tangents, pushed : x_dot, and where z_dot goes
        fits : array of uint8, by row, where it goes whether the guards hold
        weight_grads : array to which ∂C/∂weight, summed over the rows, is added
        accumulate : whether it is added to `grad` of the weights
        """
        cdef Workspace w = self.workspace(rows)
        cdef Run r
        memset(&r, 0, sizeof(r))
        try:
            w.connect(&r, &self.plan, rows, inputs, values, seeds, grads, tangents, pushed, fits)
            self.replay(&r, first, rows if end > rows else end, weight_grads, accumulate)
        finally:
            w.release()
        if w.lanes == self.lanes:
            self.idle.append(w)

    cdef int replay(self, Run *r, size_t first, size_t end, weight_grads, bint accumulate) except -1:
        """Replay what is connected.

        Gradients that are accumulated are added where they are, if no other thread does the same
        and the weights stand for it; and else when all is done.
        """
        cdef WeightPlaces places = self.places
        cdef bint locked = accumulate and weight_grads is None and ADDING.acquire(False)
        cdef bint directly = False
        cdef double *place = NULL
        cdef object owner
        try:
            places.read(r)
            owner = places.owner  # it lives on, whatever another thread does meanwhile
            if weight_grads is not None or accumulate:
                r.wants |= BY_WEIGHTS
                if locked and places.direct is not NULL:
                    directly = True
                    begin_unlocked()
                places.clear_grads(r, directly)
                place = r.w_bar
            if locked and not directly:
                locked = False
                ADDING.release()
            with nogil:
                begin_call(&self.plan, r, cpu)
                run_rows(&self.plan, r, cpu, first, end)
                if r.wants & BY_WEIGHTS:
                    end_call(&self.plan, r, cpu)
            if directly:
                places.look_again()
                if places.direct is NULL or places.direct.grad - places.direct.slot != place:
                    raise RuntimeError(
                        "the weights were flattened while another thread added to their gradients, "
                        "which are lost; flatten before threads start"
                    )
                places.add_to_grads(r.u_bar, True)
            elif accumulate:
                with ADDING:
                    places.look_again()
                    places.add_to_grads(r.u_bar, False)
            if weight_grads is not None and self.weights:
                places.add_to_sums(r.u_bar, weight_grads)
        finally:
            if directly:
                end_unlocked()
            if locked:
                ADDING.release()
        return 0

    def add_grads(self, double[::1] sums):
        """Adds a number to `grad` of each weight."""
        self.places.add_sums(sums)


include "buffer.pxi"
include "schedule.pxi"
include "emit.pxi"
include "structure.pxi"
