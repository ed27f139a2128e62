# Operations of users (`autograd.custom`), recorded with the partials that they give.


def record_custom(UserOperation operation, list operands, double data, list partials):
    """A node of a user's operation.  A partial of None says that no derivative flows."""
    cdef Value z = constant(data)
    cdef bint wants_gradient = False
    cdef list args = [(each := operand(x, operation._code)) for x in operands]
    for each in args:
        wants_gradient |= not (<Value>each).flags & CONSTANT
    if wants_gradient and not mode() & NO_GRAD:
        skip = 0
        for k in range(len(args)):
            if partials[k] is None or (<Value>args[k]).flags & CONSTANT:
                partials[k] = 0.0
                skip |= 1 << k
            elif data != data:
                partials[k] = data
        z = make_node(operation._code, tuple(args), data, tuple(partials), 0.0, "", False, skip & 0xff)
    refresh()
    return recorded(z)


# The codes of users' operations.  An operation has its code for as long as it lives, and every
# node with that code owns a reference to it.


cdef enum:
    MOST_CODES = 1 << 16

cdef PyObject *users_by_code[MOST_CODES]  # borrowed
cdef uint16_t free_codes[MOST_CODES]
cdef size_t free_count = 0
cdef size_t codes = FIRST_USER  # given out so far
cdef uint64_t made = 0


@cython.auto_pickle(False)
cdef class UserOperation:
    """The base of users' operations: it has a code, which is given to another when it is gone.

    Raises
    ------
    OverflowError
        If all codes are those of operations that live.
    """

    cdef readonly int _code
    cdef readonly object row
    cdef uint64_t serial

    def __cinit__(self, row, *args, **options):
        global free_count, codes, made
        self.row = row
        if free_count:
            free_count -= 1
            self._code = free_codes[free_count]
        elif codes < MOST_CODES:
            self._code = codes
            codes += 1
        else:
            raise OverflowError(
                f"{MOST_CODES - FIRST_USER} operations of users are in use, and no more can be; "
                "make each once, outside of loops, or delete some, and the graphs they are in"
            )
        made += 1
        self.serial = made
        users_by_code[self._code] = <PyObject *>self

    def __dealloc__(self):
        global free_count
        if self._code:
            users_by_code[self._code] = NULL
            free_codes[free_count] = self._code
            free_count += 1


cdef object user_operation(int code):
    """The operation of a user with that code; None if it is the table's."""
    return <object>users_by_code[code] if code >= FIRST_USER else None


cdef bint is_code(int code) noexcept:
    """Whether a leaf (0) or an operation that lives has it."""
    if not FIRST_USER <= code < MOST_CODES:
        return 0 <= code < FIRST_USER
    return users_by_code[code] is not NULL and Py_REFCNT(users_by_code[code]) > 0


cdef inline void hold_operation(Value z) noexcept:
    """Let a new node keep the user's operation whose code it has."""
    if z.code >= FIRST_USER:
        Py_INCREF(<object>users_by_code[z.code])
        z.flags |= OWNS_MORE


cdef void drop_operation(Value z) noexcept:
    """The reverse of `hold_operation`."""
    Py_DECREF(<object>users_by_code[z.code])


def user_operation_of(Value z):
    """The operation of a user that computed z; None if none did."""
    return user_operation(z.code)


def user_operations():
    """The operations of users that live, in the order they were made in."""
    cdef size_t code
    cdef list result = []
    for code in range(FIRST_USER, codes):
        if is_code(code) and (<UserOperation>users_by_code[code]).row is not None:
            result.append(<UserOperation>users_by_code[code])
    result.sort(key=serial_of)
    return result


def serial_of(UserOperation operation):
    """Its number among all that were ever made."""
    return operation.serial
