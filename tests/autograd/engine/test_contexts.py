"""What a block holds for: its own thread, task or greenlet, across await, in generators."""

import asyncio
import contextvars
import gc
import random
import threading
import weakref
from types import SimpleNamespace

import pytest

from autograd import AnomalyError, Value, compile, detect_anomaly, log, named_scope, no_grad
from autograd.engine.value import Block, traced, tracing
from autograd.graph import order
from autograd.modes import recording
from nn import MLP
from nn.module import Module


def held():
    """What holds here: whether operations are recorded and watched, and the scope."""
    x = Value(-1.0)
    try:
        log(x)
        watched = False
    except AnomalyError:
        watched = True
    return not (Value(1.0) * 2.0).constant, watched, x.scope


PLAIN = (True, False, "")
BLOCKS = {
    "no_grad": (no_grad, (False, False, "")),
    "detect_anomaly": (detect_anomaly, (True, True, "")),
    "named_scope": (lambda: named_scope("here"), (True, False, "here")),
}
each_block = pytest.mark.parametrize(("block", "inside"), BLOCKS.values(), ids=BLOCKS)


@pytest.fixture(autouse=True)
def nothing_holds_before_or_after():
    assert held() == PLAIN
    yield
    assert held() == PLAIN
    assert not tracing()


# ── tasks ──


@each_block
def test_tasks_whose_blocks_overlap_each_have_their_own(block, inside):
    async def task(before, after):
        await asyncio.sleep(0)
        for _ in range(before):
            await asyncio.sleep(0)
        with block():
            for _ in range(after):
                assert held() == inside
                await asyncio.sleep(0)
        assert held() == PLAIN

    async def watcher():
        for _ in range(9):
            assert held() == PLAIN
            await asyncio.sleep(0)

    async def main():
        await asyncio.gather(task(0, 3), task(1, 5), watcher(), task(2, 1), task(0, 7))
        assert held() == PLAIN

    asyncio.run(main())


@each_block
def test_a_block_holds_across_await_and_for_what_is_awaited(block, inside):
    async def inner():
        await asyncio.sleep(0)
        return held()

    async def main():
        with block():
            assert await inner() == inside
            assert await asyncio.gather(inner(), inner()) == [inside] * 2
            assert held() == inside

    asyncio.run(main())


@each_block
def test_a_task_begins_with_the_blocks_it_was_made_in_and_does_not_see_them_end(block, inside):
    async def child():
        seen = [held()]
        await asyncio.sleep(0)
        with named_scope("child"):
            seen.append(held())
        return [*seen, held()]

    async def main():
        with block():
            made_inside = asyncio.create_task(child())
        made_outside = asyncio.create_task(child())
        scope = f"{inside[2]}.child" if inside[2] else "child"
        assert await made_inside == [inside, (*inside[:2], scope), inside]
        assert await made_outside == [PLAIN, (True, False, "child"), PLAIN]
        assert held() == PLAIN

    asyncio.run(main())


def test_a_task_that_is_made_in_a_trace_is_not_traced():
    seen = []

    async def child():
        x = Value(2.0)
        seen.append((tracing(), x.data, x > 1.0))

    async def main():
        tasks = SimpleNamespace(all=[])

        @compile
        def f(x):
            tasks.all.append(asyncio.ensure_future(child()))
            return x * 2.0 if x > 0 else -x

        assert f(3.0) == 6.0
        await asyncio.gather(*tasks.all)
        assert f(-1.0) == 1.0
        await asyncio.gather(*tasks.all)

    asyncio.run(main())
    assert seen
    assert set(seen) == {(False, 2.0, True)}


def test_a_task_cancelled_in_a_block_leaves_it():
    async def task():
        with no_grad(), named_scope("deep"):
            await asyncio.sleep(100)

    async def main():
        tasks = [asyncio.create_task(task()) for _ in range(3)]
        await asyncio.sleep(0)
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert held() == PLAIN

    asyncio.run(main())


def test_work_handed_to_a_thread_with_its_context_is_in_the_block():
    async def main():
        with no_grad():
            assert await asyncio.to_thread(held) == (False, False, "")
        assert await asyncio.to_thread(held) == PLAIN

    asyncio.run(main())


def test_a_context_copied_from_a_copy_that_was_never_used_begins_alike():
    with no_grad(), named_scope("first"):
        copy = contextvars.copy_context()
    again = copy.run(contextvars.copy_context)
    del copy
    for _ in range(50):  # contexts take each other's places in memory
        assert again.copy().run(held) == (False, False, "first")
    assert held() == PLAIN


# ── threads ──


@each_block
def test_one_block_that_two_threads_share_holds_for_each_by_itself(block, inside):
    shared, seen = block(), {}
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))

    def first():
        with shared:
            first_is_in.set()
            assert second_is_in.wait(10)
        seen["first, after"] = held()
        first_is_out.set()

    def second():
        assert first_is_in.wait(10)
        with no_grad(), shared:
            second_is_in.set()
            assert first_is_out.wait(10)
            seen["second, inside"] = held()
        seen["second, after"] = held()

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {
        "first, after": PLAIN,
        "second, inside": (False, *inside[1:]),
        "second, after": PLAIN,
    }


# ── generators ──


def test_generators_that_are_closed_in_any_order_leave_nothing():
    def waiting(block):
        with block:
            yield

    rng = random.Random(0)
    for _ in range(200):
        open_ = []
        for _ in range(5):
            block = rng.choice([no_grad, detect_anomaly, lambda: named_scope("a"), recording])()
            open_.append(waiting(block))
            next(open_[-1])
        rng.shuffle(open_)
        for generator in open_:
            generator.close()
        assert held() == PLAIN


def test_blocks_left_in_any_order_the_latest_that_is_open_decides():
    def expected(entered):
        flags = {"record": True, "watch": False}
        for kind in entered:
            flags |= {no_grad: {"record": False}, recording: {"record": True}}.get(
                kind, {"watch": True}
            )
        return (flags["record"], flags["watch"], "")

    rng = random.Random(1)
    for _ in range(100):
        entered = []  # (kind, block)
        for _ in range(30):
            if entered and rng.random() < 0.5:
                kind, block = entered.pop(rng.randrange(len(entered)))
                block.__exit__(None, None, None)
            else:
                kind = rng.choice([no_grad, recording, detect_anomaly])
                block = kind()
                block.__enter__()
                entered.append((kind, block))
            assert held() == expected([kind for kind, _ in entered])
        for _, block in entered:
            block.__exit__(None, None, None)


def test_a_generator_that_is_begun_in_one_task_and_closed_in_another_ends_its_block():
    def waiting():
        with no_grad(), named_scope("generator"):
            yield

    async def main():
        generator = waiting()

        async def begin():
            next(generator)
            await asyncio.sleep(0)
            for _ in range(3):
                await asyncio.sleep(0)
            assert held() == PLAIN

        async def close():
            await asyncio.sleep(0)
            with named_scope("closer"):
                generator.close()
                assert held() == (True, False, "closer")
            assert held() == PLAIN

        await asyncio.gather(begin(), close())

    asyncio.run(main())


def test_a_block_that_was_not_entered_cannot_be_left():
    for block in (no_grad(), named_scope("a"), recording(), Block()):
        with pytest.raises(RuntimeError, match="was not entered"):
            block.__exit__(None, None, None)


def test_a_generator_open_across_a_modules_call_does_not_keep_its_scope():
    def waiting():
        with named_scope("generator"):
            yield

    class Opens(Module):
        def __call__(self, x):
            self.generator = waiting()
            next(self.generator)
            return x * 2.0

    class Closes(Module):
        def __init__(self):
            self.generator = None

        def __call__(self, x):
            self.generator.close()
            return x * 2.0

    opens, closes = Opens(), Closes()
    opens(Value(1.0))
    assert held() == PLAIN
    opens.generator.close()
    assert held() == PLAIN
    closes.generator = waiting()
    next(closes.generator)
    closes(Value(1.0))
    assert held() == PLAIN


# ── decorators ──


def test_a_decorated_coroutine_runs_inside_the_block():
    @no_grad()
    async def evaluate(x):
        await asyncio.sleep(0)
        return (x * 2).constant

    async def main():
        assert await asyncio.gather(evaluate(Value(1.0)), evaluate(Value(2.0))) == [True, True]
        assert held() == PLAIN

    assert asyncio.iscoroutinefunction(evaluate)
    asyncio.run(main())


def test_a_decorated_generator_is_inside_while_it_runs_and_outside_while_it_waits():
    @no_grad()
    @named_scope("steps")
    def steps():
        closed = False
        try:
            got = yield held()
            with pytest.raises(ZeroDivisionError):
                yield got, held()
            yield held()
        except GeneratorExit:
            closed = held()
            raise
        finally:
            seen.append(closed)
        return "the end"

    inside, seen = (False, False, "steps"), []
    generator = steps()
    assert next(generator) == inside
    assert held() == PLAIN
    assert generator.send("sent") == ("sent", inside)
    assert generator.throw(ZeroDivisionError()) == inside
    with pytest.raises(StopIteration) as end:
        next(generator)
    assert end.value.value == "the end"
    generator = steps()
    next(generator)
    generator.close()
    assert seen == [False, inside]


def test_a_decorated_asynchronous_generator_is_inside_while_it_runs_too():
    @no_grad()
    async def steps():
        try:
            got = yield held()
            await asyncio.sleep(0)
            with pytest.raises(ZeroDivisionError):
                yield got, held()
            yield held()
        finally:
            seen.append(held())

    inside, seen = (False, False, ""), []

    async def main():
        generator = steps()
        assert await anext(generator) == inside
        assert held() == PLAIN
        assert await generator.asend("sent") == ("sent", inside)
        assert await generator.athrow(ZeroDivisionError()) == inside
        await generator.aclose()
        assert [item async for item in generator] == []
        assert seen == [inside]

    asyncio.run(main())


# ── greenlets ──


class Switching(Module):
    """A module in whose call other greenlets run."""

    def __init__(self, switch):
        self.switch, self.inner = switch, MLP(1, [2, 1], rng=0)

    def __call__(self, x):
        self.switch()
        y = self.inner([x])
        self.switch()
        return y * x


def scopes(v):
    return [each.scope for each in order(v)]


@pytest.fixture
def greenlets():
    return pytest.importorskip("greenlet")


@each_block
def test_greenlets_whose_blocks_overlap_each_have_their_own(greenlets, block, inside):
    hub = greenlets.getcurrent()

    def work(rounds):
        for _ in range(rounds):
            hub.switch()
        with block():
            for _ in range(rounds):
                hub.switch()
                assert held() == inside
        assert held() == PLAIN

    running = [greenlets.greenlet(work) for _ in range(5)]
    for k, each in enumerate(running):
        each.switch(k)
    while not all(each.dead for each in running):
        for each in running:
            if not each.dead:
                each.switch()
                assert held() == PLAIN


def test_calls_of_modules_in_greenlets_name_what_each_makes(greenlets):
    hub, right = greenlets.getcurrent(), Switching(lambda: None)
    right = scopes(right(Value(0.5)))
    names = []

    def work():
        names.append(scopes(Switching(hub.switch)(Value(0.5))))

    for _ in range(20):
        running = [greenlets.greenlet(work) for _ in range(4)]
        while not all(each.dead for each in running):
            for each in running:
                if not each.dead:
                    each.switch()
                    assert Value(1.0).scope == ""
    assert names == [right] * 80


@pytest.mark.thorough
def test_a_greenlet_dropped_in_the_middle_of_a_call_leaves_no_pointer_to_the_module(greenlets):
    for _ in range(30):
        model = Switching(greenlets.getcurrent().switch)
        gone = weakref.ref(model)
        other = greenlets.greenlet(model)
        other.switch(Value(0.5))
        del model, other
        gc.collect()
        assert gone() is None
        assert held() == PLAIN
        MLP(1, [2, 1], rng=0)([0.5])


# ── all at once ──


def actor(rng, steps):
    """Enters and leaves blocks at random, and knows what then holds; yields between."""
    stack, scope = [], ""
    for _ in range(steps):
        if stack and rng.random() < 0.45:
            block, scope = stack.pop()
            block.__exit__(None, None, None)
        else:
            kind = rng.choice([no_grad, recording, detect_anomaly, named_scope])
            name = f"s{rng.randrange(3)}"
            block = named_scope(name) if kind is named_scope else kind()
            block.__enter__()
            stack.append((block, scope))
            if kind is named_scope:
                scope = f"{scope}.{name}" if scope else name
        kinds = [type(block) for block, _ in stack]
        switches = [kind for kind in kinds if kind in (no_grad, recording)]
        right = (not switches or switches[-1] is recording, detect_anomaly in kinds, scope)
        assert held() == right
        yield
        assert held() == right
    for block, _ in reversed(stack):
        block.__exit__(None, None, None)


async def as_task(rng, steps):
    for _ in actor(rng, steps):
        await asyncio.sleep(0)


def in_loop(rng, steps):
    async def main():
        await asyncio.gather(*[as_task(random.Random(rng.random()), steps) for _ in range(4)])

    asyncio.run(main())


def in_greenlets(rng, steps):
    from greenlet import getcurrent, greenlet

    hub = getcurrent()

    def work(own):
        for _ in actor(own, steps):
            hub.switch()

    waiting = [(greenlet(work), (random.Random(rng.random()),)) for _ in range(4)]
    while waiting:
        k = rng.randrange(len(waiting))
        each, arguments = waiting[k]
        each.switch(*arguments)
        waiting[k : k + 1] = [] if each.dead else [(each, ())]


def interleaved(seed, steps):
    """Threads that each run tasks, then greenlets."""
    failed = []

    def work(k):
        rng = random.Random(f"{seed} {k}")
        try:
            in_loop(rng, steps)
            in_greenlets(rng, steps)
            assert held() == PLAIN
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise AssertionError(f"seed {seed}") from failed[0]


def test_blocks_in_threads_tasks_and_greenlets_at_once_hold_for_each_alone():
    pytest.importorskip("greenlet")
    interleaved(0, steps=40)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 21))
def test_blocks_in_many_interleavings_hold_for_each_alone(seed):
    pytest.importorskip("greenlet")
    interleaved(seed, steps=400)


# ── finalisers ──


class Deciding:
    """Garbage that decides something when the collector finds it."""

    seen = None

    def __init__(self):
        self.itself = self

    def __del__(self):
        x = Value(1.0)
        x.data = 2.0
        now = tracing(), x > 0.5, (x * 3.0).op, x.data
        with no_grad():
            Deciding.seen = (*now, (x * 3.0).constant)


def test_a_finalisers_decision_during_a_trace_is_no_guard_of_the_program():
    @compile
    def f(x):
        Deciding()
        gc.collect()
        assert tracing()
        return x * 2.0

    assert f(3.0) == 6.0
    assert Deciding.seen == (False, True, "mul", 2.0, True)
    assert not f.programs[0].guarded
    assert f(4.0) == 8.0
    assert len(f.programs) == 1


@pytest.mark.thorough
def test_the_functions_own_decision_is_a_guard_though_the_collector_runs():
    @compile
    def f(x):
        gc.collect()
        positive = x > 0
        gc.collect()
        return x * 2.0 if positive else -x

    assert f(3.0) == 6.0
    assert f.programs[0].guarded
    assert f(-1.0) == 1.0


def test_the_collectors_callbacks_are_as_before_a_trace():
    before = list(gc.callbacks)
    compile(lambda x: x * 2.0)(1.0)
    with pytest.raises(ZeroDivisionError), traced([]):
        _ = 1 / 0
    assert gc.callbacks == before
