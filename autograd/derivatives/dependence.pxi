# Which inputs a node depends on.


cdef class Sets:
    """For every node a set of inputs.  A node whose operands know no more than one
    of them has that one's set, not a copy.

    Parameters
    ----------
    nodes, inputs : int
        How many there are.
    """

    cdef uint32_t *items  # all sets, one behind the other
    cdef size_t size, room  # of `items`
    cdef size_t *at  # by node: where its set begins
    cdef size_t *length  # by node
    cdef size_t *met  # by input: 1 + the node whose set is being made, once it is in there

    def __cinit__(self, size_t nodes, size_t inputs):
        self.at = <size_t *>calloc(nodes + 1, sizeof(size_t))
        self.length = <size_t *>calloc(nodes + 1, sizeof(size_t))
        self.met = <size_t *>calloc(inputs + 1, sizeof(size_t))
        if NULL in (self.at, self.length, self.met):
            raise MemoryError("no memory is left to walk the graph")

    def __dealloc__(self):
        free(self.items)
        free(self.at)
        free(self.length)
        free(self.met)

    cdef int reserve(self, size_t more) except -1:
        """Makes room for that many items."""
        cdef uint32_t *bigger
        if self.size + more > self.room:
            self.room = 2 * (self.size + more)
            bigger = <uint32_t *>realloc(self.items, self.room * sizeof(uint32_t))
            if bigger is NULL:
                raise MemoryError("no memory is left to walk the graph")
            self.items = bigger
        return 0

    cdef int add(self, size_t k, uint32_t item) except -1:
        """Puts an input into the set of node k, whose set was the last to grow, or is empty."""
        self.reserve(self.length[k] + 1)
        if self.at[k] + self.length[k] != self.size:
            memcpy(self.items + self.size, self.items + self.at[k], self.length[k] * sizeof(uint32_t))
            self.at[k] = self.size
            self.size += self.length[k]
        self.items[self.size] = item
        self.size += 1
        self.length[k] += 1
        return 0

    cdef int unite(self, size_t k, uint32_t *sources, size_t count) except -1:
        """Puts what is in the sets of the `count` sources into that of node k."""
        cdef size_t widest = k, most = self.length[k], fresh, j
        for j in range(count):
            most += self.length[sources[j]]
            if self.length[sources[j]] > self.length[widest]:
                widest = sources[j]
        self.reserve(most)
        if most > self.length[widest]:  # others may hold what the widest does not
            self.meet(widest, k + 1, 0)
        fresh = self.size + self.length[widest]
        fresh = self.meet(k, k + 1, fresh)
        for j in range(count):
            if self.at[sources[j]] != self.at[widest]:
                fresh = self.meet(sources[j], k + 1, fresh)
        if fresh == self.size + self.length[widest]:
            self.at[k], self.length[k] = self.at[widest], self.length[widest]
            return 0
        memcpy(self.items + self.size, self.items + self.at[widest],
               self.length[widest] * sizeof(uint32_t))
        self.at[k], self.length[k] = self.size, fresh - self.size
        self.size = fresh
        return 0

    cdef inline size_t meet(self, size_t k, size_t mark, size_t fresh) noexcept:
        """Marks what is in the set of node k; writes down what was not marked, from
        `fresh` on if that is not 0, and gives the place behind it."""
        cdef size_t j
        cdef uint32_t item
        for j in range(self.at[k], self.at[k] + self.length[k]):
            item = self.items[j]
            if self.met[item] != mark:
                self.met[item] = mark
                if fresh:
                    self.items[fresh] = item
                    fresh += 1
        return fresh

    cdef list sorted(self, size_t k):
        """The set of node k, in order."""
        cdef list found = [
            (each := self.items[j]) for j in range(self.at[k], self.at[k] + self.length[k])
        ]
        found.sort()
        return found
