"""no_grad and detect_anomaly: for a block, for this thread, undone by any exit."""

import threading

import pytest

from autograd import AnomalyError, Value, detect_anomaly, exp, log, no_grad, sqrt


def test_no_grad_nests_and_ends():
    x = Value(1.0)
    with no_grad():
        with no_grad():
            pass
        assert (x * 2).op == ""
    assert (x * 2).op == "mul"


def test_no_grad_ends_when_the_block_fails():
    with pytest.raises(ZeroDivisionError), no_grad():
        _ = 1 / 0
    assert (Value(1.0) * 2).op == "mul"


def test_no_grad_decorates_a_function():
    @no_grad()
    def evaluate(x):
        return x * 2

    assert evaluate(Value(1.0)).constant


def test_threads_may_call_one_decorated_function_at_once():
    seen = []
    first_inside, second_inside, first_left = (threading.Event() for _ in range(3))

    @no_grad()
    def evaluate(entered, until):
        entered.set()
        assert until.wait(10)

    def first():
        evaluate(first_inside, second_inside)
        seen.append((Value(1.0) * 2).op)
        first_left.set()

    def second():
        with no_grad():
            evaluate(second_inside, first_left)

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert first_inside.wait(10)
    threads[1].start()
    for thread in threads:
        thread.join()
    assert seen == ["mul"]


def test_no_grad_is_of_this_thread_only():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append((Value(1.0) * 2).op))
        thread.start()
        thread.join()
    assert seen == ["mul"]


def test_an_anomaly_names_operation_operand_and_place():
    x = Value(-1.0, label="x")
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match=r"log\(x = -1.0\) gave nan.*test_modes"),
    ):
        log(x)


def test_an_infinite_derivative_is_an_anomaly_though_the_value_is_fine():
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"sqrt\(0.0\) has the derivative inf"):
        sqrt(Value(0.0))


def test_an_overflow_on_the_way_back_names_the_step():
    with detect_anomaly():
        y = (Value(1e-200) * 1e200) * 1e200
        with pytest.raises(AnomalyError, match=r"backward\(\) through .*mul.*test_modes"):
            y.backward()


def test_anomalies_pass_outside_the_block():
    assert exp(Value(1000.0)).data == float("inf")


def test_an_anomaly_during_backward_leaves_a_graph_that_works_again():
    x = Value(2.0)
    y = (x * 1e200) * 1e200 * 0.0
    with detect_anomaly(), pytest.raises(AnomalyError):
        y.backward(1e300)
    y.backward(0.0)
    y.backward(0.0)
