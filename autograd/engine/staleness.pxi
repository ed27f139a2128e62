# Stale: a node whose numbers no longer follow from its operands' data, since a leaf was set.


cdef bint is_stale(Value z) except -1:
    if z.code >= FIRST_USER:
        return user_is_stale(z)
    cdef size_t n = z.count, k
    cdef double few[2 * 3]
    cdef double *v = &few[0] if n <= 3 else <double *>malloc(2 * n * sizeof(double))
    if v is NULL:
        raise MemoryError(NO_MEMORY_TO_WALK)
    memset(v, 0, 2 * n * sizeof(double))
    cdef bint stale = differ(recomputed(z, v, v + n), z._data)
    for k in range(n):
        stale |= not edge_is_absent(z, k) and differ(v[n + k], partials_of(z)[k])
    if v is not &few[0]:
        free(v)
    return stale


cdef bint user_is_stale(Value z) except -1:
    data, partials = user_operation(z.code).numbers([(each := x.data) for x in z.args])
    return differ(data, z._data) or any(
        [(each := z.carries(k) and differ(partials[k] or 0.0, p))  # None: 0
         for k, p in enumerate(z.partials)]
    )


cdef double recomputed(Value z, double *v, double *p) noexcept:
    """The value and the partials as they would be recorded now."""
    cdef PyObject **x = operands_of(z)
    cdef unsigned partials = 0  # a bit for each that is needed
    cdef size_t k
    for k in range(z.count):
        v[k] = data_of(<Value>x[k])
        partials |= (not edge_is_absent(z, k)) << k if k < SKIPPABLE else 0
    if is_many(z.code):
        return apply_many(z.code, v, z.count, p)
    if z.count == 1:
        return apply1(z.code, v[0], p, partials)
    if z.count == 2:
        return apply2(z.code, v[0], v[1], p, partials)
    return apply3(z.code, v[0], v[1], v[2], p, partials)


cdef inline bint differ(double x, double y) noexcept:
    return x != y and not (x != x and y != y)
