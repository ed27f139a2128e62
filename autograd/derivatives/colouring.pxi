# Which columns of a sparse Jacobian are found in one sweep.


def colours(list rows, list columns):
    """A colour for every column; columns that meet in a row have different ones.

    Greedy, the columns with most entries first.  `rows` has the columns of every row,
    `columns` the rows of every column.
    """
    cdef list colour = [-1] * len(columns)
    cdef object each
    cdef Py_ssize_t *chosen = <Py_ssize_t *>malloc((len(columns) + 1) * sizeof(Py_ssize_t))
    cdef Py_ssize_t *taken = <Py_ssize_t *>malloc((len(columns) + 1) * sizeof(Py_ssize_t))
    cdef Py_ssize_t j
    try:
        if chosen is NULL or taken is NULL:
            raise MemoryError("no memory is left to walk the graph")
        for j in range(len(columns)):
            chosen[j] = taken[j] = -1
        for j in sorted(range(len(columns)), key=[(each := -len(column)) for column in columns].__getitem__):
            colour[j] = first_free(j, <list>columns[j], rows, chosen, taken)
        return colour
    finally:
        free(chosen)
        free(taken)


cdef Py_ssize_t first_free(Py_ssize_t j, list column, list rows, Py_ssize_t *chosen,
                           Py_ssize_t *taken) except -1:
    """Chooses the first colour for column j that none has which it meets; `taken` holds,
    by colour, the last column that could not have it."""
    cdef Py_ssize_t c = 0, i, other
    for i in column:
        for other in <list>rows[i]:
            if chosen[other] >= 0:
                taken[chosen[other]] = j
    while taken[c] == j:
        c += 1
    chosen[j] = c
    return c
