# What lists, dicts and closures held, by identity: whether they still do.

from types import CellType

cdef extern from *:
    """
    static int same_items(PyObject *list, PyObject *copy) {
        const Py_ssize_t n = PyList_GET_SIZE(list);
        return n == PyTuple_GET_SIZE(copy)
            && (!n || !memcmp(((PyListObject *)list)->ob_item, ((PyTupleObject *)copy)->ob_item,
                              (size_t)n * sizeof(PyObject *)));
    }
    /* Another number after every change of a dict; 0 where Python counts no changes (PEP 699). */
    static uint64_t version_of(PyObject *dict) {
    #if PY_VERSION_HEX < 0x030C0000
        return ((PyDictObject *)dict)->ma_version_tag;
    #else
        (void)dict;
        return 0;
    #endif
    }
    """
    bint same_items(PyObject *list, PyObject *copy) noexcept
    uint64_t version_of(PyObject *dict) noexcept
    PyObject *PyCell_GET(PyObject *cell) noexcept
    PyObject *PyList_GET_ITEM(list x, Py_ssize_t k) noexcept
    Py_ssize_t PyList_GET_SIZE(list x) noexcept
    PyObject *PyDict_GetItemWithError(PyObject *x, PyObject *key) except? NULL


cdef class Entries:
    """Entries of one dict, and how many it has."""

    cdef dict where
    cdef list keys, values
    cdef Py_ssize_t size  # or -1, where that does not matter
    cdef uint64_t version  # at which they were seen to hold

    def __cinit__(self, dict where not None):
        self.where, self.keys, self.values, self.size = where, [], [], -1

    cdef bint hold(self) except -1:
        cdef uint64_t version = version_of(<PyObject *>self.where)
        cdef Py_ssize_t k
        if version and version == self.version:
            return True
        if self.size >= 0 and len(self.where) != self.size:
            return False
        for k in range(PyList_GET_SIZE(self.keys)):
            if (PyDict_GetItemWithError(<PyObject *>self.where, PyList_GET_ITEM(self.keys, k))
                    != PyList_GET_ITEM(self.values, k)):
                return False
        self.version = version
        return True


cdef class Structure:
    """Lists, entries of dicts and cells of closures, as they are when they are added."""

    cdef list lists, copies, arrays, items, entries, cells, contents
    cdef dict by_dict

    def __cinit__(self):
        self.lists, self.copies = [], []
        self.arrays, self.items = [], []
        self.entries, self.by_dict = [], {}
        self.cells, self.contents = [], []

    def __len__(self):
        return len(self.lists) + len(self.arrays) + len(self.entries) + len(self.cells)

    def add_list(self, list items not None):
        """All items of a list, and how many they are."""
        self.lists.append(items)
        self.copies.append(tuple(items))

    def add_array(self, array):
        """All items of an array of objects."""
        self.arrays.append(array)
        self.items.append(tuple(array.flat))

    def add_entry(self, where, key, value):
        """What stands under a key of a dict."""
        cdef Entries entries = self.entries_of(where)
        entries.keys.append(key)
        entries.values.append(value)

    def add_size(self, where):
        """How many entries a dict has."""
        self.entries_of(where).size = len(where)

    cdef Entries entries_of(self, where):
        entries = self.by_dict.get(id(where))
        if entries is None:
            entries = self.by_dict[id(where)] = Entries(where)
            self.entries.append(entries)
        return entries

    def add_cell(self, cell, value):
        """What a function closes over."""
        if type(cell) is not CellType:
            raise TypeError("the contents of a cell are noted")
        self.cells.append(cell)
        self.contents.append(value)

    def holds(self):
        """Whether all of it is still there: the same objects, whatever they hold."""
        cdef Py_ssize_t k
        for k in range(PyList_GET_SIZE(self.lists)):
            if not same_items(PyList_GET_ITEM(self.lists, k), PyList_GET_ITEM(self.copies, k)):
                return False
        for k in range(PyList_GET_SIZE(self.cells)):
            if PyCell_GET(PyList_GET_ITEM(self.cells, k)) != PyList_GET_ITEM(self.contents, k):
                return False
        for k in range(PyList_GET_SIZE(self.entries)):
            if not (<Entries>PyList_GET_ITEM(self.entries, k)).hold():
                return False
        return self.arrays_hold()

    cdef bint arrays_hold(self) except -1:
        cdef Py_ssize_t k
        cdef list now
        for k in range(PyList_GET_SIZE(self.arrays)):
            now = list(self.arrays[k].flat)
            if not same_items(<PyObject *>now, PyList_GET_ITEM(self.items, k)):
                return False
        return True
