# Where the numbers of the weights are, and what a replay reads and adds there.


cdef struct Stretch:  # weights whose numbers stand in a row, in memory and in u
    double *data
    double *grad
    size_t slot, weight, count


cdef class WeightPlaces:
    """The weights of a tape, in as few stretches of memory as they stand in.

    If all weights of layers are one stretch, of which little is used elsewhere, layers read
    it and add to its gradients where it is: that one is `direct`."""

    cdef list weights
    cdef uint32_t *slot  # in u, by weight
    cdef size_t u_size
    cdef Stretch *stretches
    cdef size_t count
    cdef size_t looked_up  # `layout_version` when that was done
    cdef Stretch *direct  # or NULL
    cdef object owner  # of its memory
    cdef uint32_t *mixed  # slots of weights that not only layers use
    cdef size_t mixed_count, layers_first, layers_end

    def __cinit__(self, list weights):
        self.weights = weights

    def __dealloc__(self):
        free(self.slot)
        free(self.stretches)
        free(self.mixed)

    cdef int look_again(self) except -1:
        """Looks the weights up, if any were moved since that was done."""
        if self.looked_up != layout_version:
            self.look_up()
        return 0

    cdef int look_up(self) except -1:
        """Where the weights' numbers are."""
        cdef size_t k
        cdef Value w
        cdef Stretch *s
        free(self.stretches)
        self.stretches = <Stretch *>malloc((len(self.weights) + 1) * sizeof(Stretch))
        if self.stretches is NULL:
            raise MemoryError("no memory is left for the program")
        self.count = 0
        for k in range(len(self.weights)):
            w = <Value>self.weights[k]
            if self.slot[k] == NO_SLOT:
                continue
            s = &self.stretches[self.count - 1] if self.count else NULL
            if (s is not NULL and w.flags & FLAT and place_of(w) == s.data + s.count
                    and grad_place_of(w) == s.grad + s.count
                    and self.slot[k] == s.slot + s.count and s.weight + s.count == k):
                s.count += 1
                continue
            s = &self.stretches[self.count]
            s.data, s.grad = &w._data, &w._grad
            if w.flags & FLAT:
                s.data, s.grad = place_of(w), grad_place_of(w)
            s.slot, s.weight, s.count = self.slot[k], k, 1
            self.count += 1
        self.look_for_direct()
        self.looked_up = layout_version
        return 0

    cdef int look_for_direct(self) except -1:
        cdef size_t k
        cdef Stretch *s
        self.direct, self.owner = NULL, None
        for k in range(self.count):
            s = &self.stretches[k]
            if (s.count > 1 and s.slot <= self.layers_first < self.layers_end <= s.slot + s.count
                    and 4 * self.mixed_count < s.count):
                self.direct, self.owner = s, owner_of(<Value>self.weights[s.weight])

    cdef int read(self, Run *r) except -1:
        """Copies the weights to u, but for those that layers read where they are."""
        cdef size_t k, j
        cdef Stretch *s
        self.look_again()
        r.w, r.w_bar = r.u, r.u_bar
        for k in range(self.count):
            s = &self.stretches[k]
            if s.count == 1:
                r.u[s.slot] = s.data[0]
            elif s is not self.direct:
                memcpy(r.u + s.slot, s.data, s.count * sizeof(double))
            else:
                r.w = s.data - s.slot
                for j in range(self.mixed_count):
                    if s.slot <= self.mixed[j] < s.slot + s.count:
                        r.u[self.mixed[j]] = r.w[self.mixed[j]]
        return 0

    cdef void clear_grads(self, Run *r, bint added_directly) noexcept:
        """Zeros where the gradients by the weights are summed up, and says where that is."""
        cdef Stretch *s = self.direct
        cdef size_t k, end
        if not added_directly:
            memset(r.u_bar, 0, self.u_size * sizeof(double))
            return
        r.w_bar = s.grad - s.slot
        end = s.slot + s.count
        memset(r.u_bar, 0, s.slot * sizeof(double))
        memset(r.u_bar + end, 0, (self.u_size - end) * sizeof(double))
        for k in range(self.mixed_count):
            r.u_bar[self.mixed[k]] = 0.0

    cdef void add_to_grads(self, const double *u_bar, bint added_directly) noexcept:
        """Adds what stands in u_bar to the weights' gradients."""
        cdef size_t k, j
        cdef Stretch *s
        for k in range(self.count):
            s = &self.stretches[k]
            if added_directly and s is self.direct:
                for j in range(self.mixed_count):
                    if s.slot <= self.mixed[j] < s.slot + s.count:
                        s.grad[self.mixed[j] - s.slot] += u_bar[self.mixed[j]]
                continue
            for j in range(s.count):
                s.grad[j] += u_bar[s.slot + j]

    cdef int add_to_sums(self, const double *u_bar, double[::1] sums) except -1:
        """Adds what stands in u_bar to an array with a number for every weight."""
        cdef size_t k
        if sums.shape[0] != len(self.weights):
            raise ValueError(f"{len(self.weights)} weights have as many gradients, "
                             f"not {sums.shape[0]}")
        for k in range(len(self.weights)):
            if self.slot[k] != NO_SLOT:
                sums[k] += u_bar[self.slot[k]]
        return 0

    cdef int add_sums(self, double[::1] sums) except -1:
        """Adds a number to `grad` of each weight."""
        cdef size_t k, j
        cdef Stretch *s
        with ADDING:
            self.look_again()
            for k in range(self.count):
                s = &self.stretches[k]
                for j in range(s.count):
                    s.grad[j] += sums[s.weight + j]
        return 0
