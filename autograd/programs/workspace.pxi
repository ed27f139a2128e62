# The memory of a replay, and the columns that it reads and writes.


cdef class Workspace:
    """The memory of one call."""

    cdef void *block
    cdef double *u
    cdef double *u_bar
    cdef double *v
    cdef double *bar
    cdef double *scratch
    cdef double *singles
    cdef Column *columns
    cdef Py_buffer *buffers
    cdef size_t buffers_held
    cdef size_t lanes

    def __dealloc__(self):
        free(self.block)
        free(self.columns)
        free(self.buffers)

    cdef int allocate(self, const Plan *p, const double *start, size_t lanes) except -1:
        cdef size_t columns = 4 * p.inputs + 4 * p.outputs + 4
        cdef size_t doubles = 2 * p.u_size + 2 * p.v_size * lanes + p.scratch + columns + 64
        self.lanes = lanes
        self.block = malloc(doubles * sizeof(double))
        self.columns = <Column *>malloc(columns * sizeof(Column))
        self.buffers = <Py_buffer *>malloc(columns * sizeof(Py_buffer))
        if self.block is NULL or self.columns is NULL or self.buffers is NULL:
            raise MemoryError("no memory is left for the program")
        self.v = <double *>((<size_t>self.block + 63) & ~<size_t>63)
        self.bar = self.v + p.v_size * lanes
        self.u = self.bar + p.v_size * lanes
        self.u_bar = self.u + p.u_size
        self.scratch = self.u_bar + p.u_size
        self.singles = self.scratch + p.scratch
        memcpy(self.u, start, p.u_size * sizeof(double))
        return 0

    cdef int connect(self, Run *r, const Plan *p, size_t rows, list inputs, list values, list seeds,
                     list grads, list tangents, list pushed, fits) except -1:
        """Have a run work in this memory, on these columns."""
        cdef size_t n = p.inputs, m = p.outputs
        cdef uint8_t[::1] flags
        r.u, r.u_bar, r.v, r.bar, r.scratch = self.u, self.u_bar, self.v, self.bar, self.scratch
        r.inputs = self.fill(0, inputs, n, rows, False)
        if values is not None:
            r.outputs = self.fill(n, values, m, rows, True)
        if seeds is not None:
            r.seeds = self.fill(n + m, seeds, m, rows, False)
        if grads is not None:
            r.grads = self.fill(n + 2 * m, grads, n, rows, True)
            r.wants |= BY_INPUTS
        if tangents is not None:
            r.tangents = self.fill(2 * n + 2 * m, tangents, n, rows, False)
            r.pushed = self.fill(3 * n + 2 * m, pushed, m, rows, True)
        if fits is not None:
            flags = fits
            if <size_t>flags.shape[0] < rows:
                raise ValueError(f"`fits` holds {len(fits)} rows, not {rows}")
            r.fits = &flags[0] if rows else NULL
        return 0

    cdef Column *fill(self, size_t at, list entries, size_t expected, size_t rows, bint writable) except NULL:
        """The columns of `entries` (numbers, None, arrays of one or two dimensions) at place `at`."""
        cdef size_t n = at, width, j
        cdef Py_buffer *b
        for entry in entries:
            array = type(entry) is not float and hasattr(entry, "shape")
            width = self.open(entry, rows, writable) if array else 1
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

    cdef Py_ssize_t open(self, entry, size_t rows, bint writable) except -1:
        """How many columns an array has, whose buffer is held if there are any: then no more
        buffers are held than there are columns."""
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


cdef Workspace workspace_of(const Plan *p, const double *start, size_t lanes):
    """Memory for so many lanes; `start` are the numbers of u before a call."""
    cdef Workspace w = Workspace()
    w.allocate(p, start, lanes)
    return w
