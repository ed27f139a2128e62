# What the rows' recorded partials over many operands (partials.pxi) are made of.


cdef bint is_nan(object x):
    return x != x


cdef class over:
    """The reductions, recorded."""

    @staticmethod
    def sum(list xs, start=0.0):
        return call_many(OP_SUM, [start, *xs] if start != 0.0 else xs)

    @staticmethod
    def rest(list xs):
        return call_many(OP_SUM, xs[1:])

    @staticmethod
    def prod(list xs):
        return call_many(OP_PROD, xs)

    @staticmethod
    def max(list xs):
        return call_many(OP_MAX, xs)

    @staticmethod
    def min(list xs):
        return call_many(OP_MIN, xs)

    @staticmethod
    def first(list xs):
        return xs[0]

    @staticmethod
    def others(list xs):
        """For every x the product of all but x, with 3n products in all."""
        cdef Py_ssize_t n = len(xs), k
        cdef list before = [1.0], after = [1.0]
        for k in range(n - 1):
            before.append(call2(OP_MUL, before[k], xs[k]))
            after.append(call2(OP_MUL, after[k], xs[n - 1 - k]))
        return [(each := call2(OP_MUL, before[k], after[n - 1 - k])) for k in range(n)]


cdef object own_first(int op, Py_ssize_t k, list xs):
    """The result of operand k among all, of an operation that gives one for each."""
    return call_many(op, [xs[k], *xs[:k], *xs[k + 1:]])
