"""The entry point that hypothesis loads: `st.from_type(Value)` gives Values."""


def register() -> None:
    """Called by hypothesis through its entry point."""
    from hypothesis import strategies as st

    from autograd import Value

    def some_values(_: type) -> "st.SearchStrategy[Value]":
        from autograd.testing.strategies import values

        return values()

    st.register_type_strategy(Value, some_values)
