# Lowering, third stage: the softmaxes of one call become one instruction.


cdef int gather_softmaxes(Builder b) except -1:
    cdef size_t k
    cdef dict calls = {}
    for k in range(b.n):
        if (b.live[k] and b.count[k] > 1 and b.code[k] < FIRST_USER
                and instruction_of[b.code[k]] == RUN_SOFTMAX):
            operands = np.asarray(b.pool[b.at[k]:b.at[k] + b.count[k]])
            key = (b.stopped[k], np.sort(operands).tobytes())
            calls.setdefault(key, []).append((k, operands.tolist()))
    for k, members in enumerate(calls.values(), 1):
        if len(members[0][1]) <= max(4, 2 * len(members)):
            gather_call(b, k, members)
    return 0


cdef int gather_call(Builder b, uint32_t group, list members) except -1:
    """Node [x2, x0, x1, x3] is the softmax of x2 among x0 … x3, if the others say so."""
    cdef size_t e = b.edges, n = len(members[0][1])
    cdef uint32_t first = members[0][0]
    own, rest = members[0][1][0], members[0][1][1:]
    other = members[len(members) - 1][1][1:]
    where = other.index(own) if own in other else 0
    for place in (where, where + 1):
        operands_of_call = rest[:place] + [own] + rest[place:]
        if len(set(operands_of_call)) < n:
            return 0
        ranks = {x: j for j, x in enumerate(operands_of_call)}
        if all(x == [x[0]] + operands_of_call[:ranks[x[0]]] + operands_of_call[ranks[x[0]] + 1:] for _, x in members):
            break
    else:
        return 0
    for j, x in enumerate(operands_of_call):
        b.pool[e + j] = x
    b.edges += n
    nodes = {x[0]: k for k, x in members}
    for x, rank in ranks.items():
        if x not in nodes:  # what nothing needs is computed along
            nodes[x] = b.entered(COMPUTED, 0, b.stopped[first])
        k = nodes[x]
        b.code[k], b.at[k], b.count[k] = SOFTMAXES, e, n
        b.live[k], b.group[k], b.rank[k] = 1, group, rank
    return 0
