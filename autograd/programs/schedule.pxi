# Lowering, fifth stage: which instruction comes when, and which slot holds what.


cdef object ordered(Builder b, object ids):
    """The nodes by level; in a level, those that can run as one stand together."""
    cdef list keys = [np.asarray(b.rank), np.asarray(b.edge_mask), np.asarray(b.group),
                      np.asarray(b.code), np.asarray(b.level)]
    return ids[np.lexsort([ids, *[(each := key[ids]) for key in keys]])].astype(np.uint32)


cdef int schedule(Tape t, Builder b) except -1:
    cdef Plan *p = &t.plan
    chosen = np.flatnonzero((np.asarray(b.live)[:b.n] != 0) & (np.asarray(b.role)[:b.n] == COMPUTED))
    each = np.asarray(b.varying)[chosen] != 0
    once_, rows_ = ordered(b, chosen[~each]), ordered(b, chosen[each])
    cdef uint32_t[::1] once = once_, rows = rows_
    u_, v_ = np.full(b.n + 1, NO_SLOT, np.uint32), np.full(b.n + 1, NO_SLOT, np.uint32)
    row_ = np.full(b.n + 1, NO_SLOT, np.uint32)
    cdef uint32_t[::1] u = u_, v = v_, row = row_
    share_edge_masks(b, rows)
    p.inputs, p.outputs, p.guards = b.inputs, len(b.outputs), len(b.guards)
    place_fixed(t, b, once, rows, u, row)
    place_varying(t, b, rows, u, v)
    emit(b, &p.fixed, once, u, u, row, &p.scratch)
    emit(b, &p.varying, rows, v, u, row, &p.scratch)
    find_weights_of_layers(t.places, p, b, once, u)
    p.lanes = MOST_LANES
    while p.lanes > 8 and 16 * p.lanes * p.v_size > <size_t>1 << 20:
        p.lanes //= 2  # what is worked on fits the processor's cache
    return 0


cdef void share_edge_masks(Builder b, uint32_t[::1] rows) noexcept:
    """The rows of a layer are one instruction, so what one row needs all do."""
    cdef size_t i, j, k
    cdef uint8_t edge_mask
    i = 0
    while i < <size_t>rows.shape[0]:
        j = i + 1
        if b.code[rows[i]] in (LAYER, SOFTMAXES):
            edge_mask = b.edge_mask[rows[i]]
            while j < <size_t>rows.shape[0] and alike(b, rows[i], rows[j]):
                edge_mask |= b.edge_mask[rows[j]]
                j += 1
            for k in range(i, j):
                b.edge_mask[rows[k]] = edge_mask
        i = j


cdef bint alike(Builder b, uint32_t i, uint32_t j) noexcept:
    """Whether two nodes that stand together run as one instruction."""
    if b.code[i] != b.code[j] or b.level[i] != b.level[j] or b.group[i] != b.group[j]:
        return False
    if b.code[i] in (LAYER, SOFTMAXES):
        return True
    return b.edge_mask[i] == b.edge_mask[j] and b.code[i] < SUM and not is_many(b.code[i])


cdef int place_fixed(Tape t, Builder b, uint32_t[::1] once, uint32_t[::1] rows, uint32_t[::1] u,
                     uint32_t[::1] row) except -1:
    """Slots in u.  The weights of a layer's row stand together, by copying if need be."""
    cdef size_t next = 0, i, j, n, at, k
    cdef uint32_t x
    cdef list copies = []
    cdef Plan *p = &t.plan
    for i in range(rows.shape[0]):
        if b.code[rows[i]] == LAYER:
            at, n = b.at[rows[i]], (b.count[rows[i]] - 1) // 2
            for j in range(n + 1):
                x = b.pool[at + 1 + n + j] if j < n else b.pool[at]
                if b.role[x] != COMPUTED and u[x] == NO_SLOT:
                    u[x] = next
                    next += 1
    for k in range(b.n):
        if b.live[k] and b.role[k] in (WEIGHT, FIXED) and u[k] == NO_SLOT:
            u[k] = next
            next += 1
    for i in range(once.shape[0]):
        u[once[i]] = next
        next += 1
    for i in range(rows.shape[0]):
        if b.code[rows[i]] == LAYER:
            at, n = b.at[rows[i]], (b.count[rows[i]] - 1) // 2
            at += 1 + n
            row[rows[i]] = u[b.pool[at]] if n else 0
            for j in range(n):
                if u[b.pool[at + j]] != row[rows[i]] + j:
                    break
            else:
                continue
            row[rows[i]] = next
            for j in range(n):
                copies += [next, u[b.pool[at + j]]]
                next += 1
    p.u_size = next
    p.copies = len(copies) // 2
    p.copied = <uint32_t *>copied(np.array(copies, np.uint32))
    t.start = <double *>calloc(next + 1, sizeof(double))
    t.places.slot = <uint32_t *>copied(np.full(len(t.weights) + 1, NO_SLOT, np.uint32))
    if t.start is NULL:
        raise MemoryError("no memory is left for the program")
    for k in range(b.n):
        if b.live[k] and b.role[k] == FIXED:
            t.start[u[k]] = b.data[k]
        elif b.live[k] and b.role[k] == WEIGHT:
            t.places.slot[b.weight[k]] = u[k]
    return 0


cdef int place_varying(Tape t, Builder b, uint32_t[::1] rows, uint32_t[::1] u, uint32_t[::1] v) except -1:
    """Slots in v: the inputs, what is spread over the lanes, the results."""
    cdef size_t i, j, k
    cdef uint32_t x
    cdef list spread = []
    cdef Plan *p = &t.plan
    cdef size_t next = p.inputs
    for k in range(p.inputs):
        v[k] = k
    roots = np.concatenate([b.outputs, b.guards[:, :2].ravel()]).astype(np.uint32)
    for x in roots.tolist():
        if not b.varying[x] and v[x] == NO_SLOT:
            v[x] = next
            next += 1
            spread.append(u[x])
    for i in range(rows.shape[0]):
        if b.code[rows[i]] != LAYER:
            for j in range(b.count[rows[i]]):
                x = b.pool[b.at[rows[i]] + j]
                if not b.varying[x] and v[x] == NO_SLOT:
                    v[x] = next
                    next += 1
                    spread.append(u[x])
    for i in range(rows.shape[0]):
        v[rows[i]] = next
        next += 1
    p.splats, p.v_size = len(spread), next
    p.splat = <uint32_t *>copied(np.array(spread, np.uint32))
    p.output = <uint32_t *>copied(np.asarray(v)[b.outputs])
    guards = b.guards.copy()
    guards[:, :2] = np.asarray(v)[b.guards[:, :2]]
    p.guard = <Guard *>copied(np.ascontiguousarray(guards, np.int32))
    return 0


cdef void *copied(array) except NULL:
    """The bytes of an array, in memory that is freed by `free`."""
    cdef const uint8_t[::1] bytes_ = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    cdef void *block = malloc(bytes_.shape[0] + 8)
    if block is NULL:
        raise MemoryError("no memory is left for the program")
    if bytes_.shape[0]:
        memcpy(block, &bytes_[0], bytes_.shape[0])
    return block
