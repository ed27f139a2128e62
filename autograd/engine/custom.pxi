# Operations of users: recorded with the partials that they give.


def record_user(int code, list operands, double data, list partials):
    """A node of a user's operation.  A partial of None says that no derivative flows."""
    cdef Value z = constant(data)
    cdef bint wanted = False
    cdef list x = [operand(each, NAMES[code]) for each in operands]
    for each in x:
        wanted |= not (<Value>each).flags & CONSTANT
    if wanted and not mode() & NO_GRAD:
        skip = 0
        for k in range(len(x)):
            if partials[k] is None or (<Value>x[k]).flags & CONSTANT:
                partials[k] = 0.0
                skip |= 1 << k
            elif data != data:
                partials[k] = data
        z = node(code, tuple(x), data, tuple(partials), 0.0, "", False, skip & 0xff)
    refresh()
    return result(z)


cdef object user_operation(int code):
    """The operation of a user with that code; None for the table's."""
    return USERS[code - FIRST_USER] if code >= FIRST_USER else None


FIRST_USER_CODE = FIRST_USER


def register(operation):
    """Give a user's operation its code."""
    if len(NAMES) > 0xffff:
        raise OverflowError("65,535 operations are registered, and no more can be")
    USERS.append(operation)
    NAMES.append(operation.name)
    SYMBOLS.append(operation.symbol)
    CODES[operation.name] = len(NAMES) - 1
    return len(NAMES) - 1
