# A tape with memory of its own.


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
        self.tape, self.watch = tape, watch
        self.work = workspace_of(&tape.plan, tape.start, 1)
        self.inputs, self.outputs = np.zeros(inputs), np.zeros(outputs)
        self.grads, self.weight_grads = np.zeros(inputs), np.zeros(len(tape.weights))
        self.sums = self.weight_grads
        memset(&self.r, 0, sizeof(Run))
        self.work.connect(
            &self.r, &tape.plan, 1, [self.inputs.reshape(1, -1)], [self.outputs.reshape(1, -1)],
            [(each := 1.0 if k == 0 else None) for k in range(outputs)],
            [self.grads.reshape(1, -1)], None, None, None)
        self.r.wants |= BY_WEIGHTS

    def __call__(self):
        """Compute the outputs and the derivatives of the first."""
        cdef Tape t = self.tape
        cdef object owner
        if self.busy == process:
            raise RuntimeError("a buffer serves one thread at a time; make one for each")
        if detects_anomalies():
            self.watch([self.inputs.reshape(1, -1)], 1, [1.0])
        t.places.read(&self.r)
        owner = t.places.owner  # of what is read below, whatever another thread does meanwhile
        self.busy = process
        t.places.clear_grads(&self.r, False)
        with nogil:
            begin_call(&t.plan, &self.r, cpu)
            run_rows(&t.plan, &self.r, cpu, 0, 1)
            end_call(&t.plan, &self.r, cpu)
        self.sums[:] = 0.0
        t.places.add_to_sums(self.r.u_bar, self.sums)
        self.busy = 0

    def __dealloc__(self):
        if self.work is not None:
            self.work.release()
