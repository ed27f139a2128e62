# The nodes of a graph while instructions are made of them.

cdef enum:  # codes above the table's
    SUM = 60001  # operands: the first term, the others
    DOT = 60002  # operands: bias, then pairs
    LAYER = 60003  # operands: bias, then all x, then all w
    SOFTMAXES = 60004  # operands: in the order of the call; one node of as many

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

    cdef size_t n, edges, capacity, table_size
    cdef object keep
    cdef bint reassociate
    cdef uint8_t[::1] role, stopped, live, varying, dep
    cdef uint8_t[::1] edge_mask  # along which operands something flows
    cdef uint8_t[::1] strict  # what decisions rest on, which keeps its bits
    cdef uint16_t[::1] code
    cdef uint32_t[::1] at, count, uses, level, group, rank, pool, weight
    cdef double[::1] data
    cdef int32_t[::1] table
    cdef uint32_t zero, minus_zero, one
    cdef object outputs, guards
    cdef size_t inputs

    def __init__(self, graph, bint reassociate):
        cdef size_t size = 5 * len(graph) + 16, edges = len(graph.operand)
        self.capacity = size
        self.reassociate = reassociate
        self.strict = np.zeros(size, np.uint8)
        self.role, self.stopped = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        self.live, self.varying = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        self.dep, self.edge_mask = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
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
        self.inputs = graph.inputs
        self.n = self.edges = 0
        fold_and_share(self, graph)
        drop_unused(self)
        fuse(self)
        gather_softmaxes(self)
        part(self)

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

    cdef int replace(self, uint32_t k, int code, size_t end, list gone) except -1:
        """Node k becomes an operation on what the pool holds up to `end`."""
        cdef uint32_t other
        for other in gone:
            self.live[other] = 0
        self.code[k], self.at[k], self.count[k] = code, self.edges, end - self.edges
        self.edges = end
        return 0
