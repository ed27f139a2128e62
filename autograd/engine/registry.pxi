# The registry: a code for every operation, and the row of every code.
#
# The table's operations have the codes from 1 on, in its order, and 0 is a leaf's.  Those of
# users follow, with codes that are given out and taken back (custom.pxi).


cdef tuple ROWS = (None, *TABLE)  # of the table, by code
cdef tuple NAMES = ("", *BY_NAME)  # theirs: a walk may ask every node for its `op`
FIRST_USER_CODE = FIRST_USER
cdef dict TABLE_CODES = {row.name: code for code, row in enumerate(TABLE, 1)}


cdef inline object row_of(int code):
    """The row of the operation with that code, which a node or an operation has."""
    return ROWS[code] if code < FIRST_USER else user_operation(code).row


cdef inline object name_of(int code):
    return NAMES[code] if code < FIRST_USER else user_operation(code).row.name


def row_of_code(int code):
    """The row of the operation with that code; None of a leaf's, 0.

    Raises
    ------
    LookupError
        If no operation has that code.
    """
    if not is_code(code):
        raise LookupError(f"no operation has the code {code}")
    return row_of(code)


def code_of_name(str name):
    """The code of the operation of that name: of the table's, or of users' the last one made.

    Raises
    ------
    KeyError
        If there is none.
    """
    if name in TABLE_CODES:
        return TABLE_CODES[name]
    for operation in reversed(user_operations()):
        if operation.row.name == name:
            return operation._code
    raise KeyError(name)
