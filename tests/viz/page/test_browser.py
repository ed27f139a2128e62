"""The page of `viz.step` in a real browser."""

import itertools
import math
import os
import re
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import viz
from autograd import Value, dot, exp, sigmoid, tanh, where
from autograd.graph import edges, order
from autograd.testing.strategies import expressions

pytestmark = pytest.mark.thorough  # it starts a browser

playwright = pytest.importorskip(
    "playwright.sync_api", reason='no Playwright: pip install -e ".[browser]"'
)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="module")
def browser():
    """A Chromium: of the system, or Playwright's own."""
    with playwright.sync_playwright() as driver:
        own = driver.chromium.executable_path
        system = next(filter(None, map(shutil.which, PROGRAMS)), None)
        program = system or (own if os.path.exists(own) else None)
        if program is None:
            pytest.skip("no Chromium on this machine: apt-get install chromium")
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        browser = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox"] if root else []
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, tmp_path):
    """Opens the page of a Value.  Nothing may be complained of, nothing be asked of a network."""
    contexts, complaints, requests, opened = [], [], [], []

    def open_page(C, *, width=1280, height=800, theme="light", motion="reduce", **options):
        path = viz.step(C, tmp_path / f"page{len(opened)}.html", **options)
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion=motion,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: requests.append(request.url))
        opened.append(path.as_uri())
        page.goto(opened[-1])
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert requests == opened


def lesson():
    """One neuron of Nielsen's: C = (a - y)²/2."""
    w, x, b = Value(0.6, label="w"), Value(1.5, label="x"), Value(0.9, label="b")
    z = w * x + b
    z.label = "z"
    a = sigmoid(z)
    a.label = "a"
    C = a**2 / 2
    C.label = "C"
    C.backward()
    return C


def shared():
    """x goes into three results."""
    x = Value(0.5, label="x")
    C = tanh(x) * x + x
    C.label = "C"
    C.backward()
    return C


def doubled(times):
    """x + x, and that again: 2**times paths."""
    y = Value(1.0, label="x")
    for _ in range(times):
        y = y + y
    y.backward()
    return y


def node(C, label):
    return next(v for v in order(C) if v.label == label)


def box(page, name):
    """The box of a Value."""
    return page.get_by_role("button", name=re.compile(rf"^{re.escape(name)}, "))


def find(page, name):
    """Choose a Value that may lie outside the window."""
    page.get_by_role("searchbox", name="Find").fill(name)
    page.keyboard.press("Enter")


def sentence(page):
    return page.locator("#sentence").inner_text()


def figures(locator):
    """The numbers in an element, in full."""
    return [
        float(text) for text in locator.locator("data").evaluate_all("all => all.map(d => d.value)")
    ]


def steps(page):
    """(phase, step, steps)"""
    phase, k, n = re.match(r"(\w+), step (\d+) of (\d+):", sentence(page)).groups()
    return phase, int(k), int(n)


# ── steps ──────────────────────────────────────────────────────────────────────


def test_the_page_opens_after_the_forward_pass(open_page):
    page = open_page(lesson())
    assert steps(page) == ("Forward", 6, 6)
    assert "+0.600" in box(page, "w").text_content()
    assert "gradient not known yet" in box(page, "w").get_attribute("aria-label")
    assert page.locator(".flow").count() == 0


def test_each_step_back_reaches_one_frontier(open_page):
    C = lesson()
    page = open_page(C)
    reached = []
    for _ in range(6):
        page.get_by_role("button", name="One step on").click()
        reached.append([g.get_attribute("id") for g in page.locator(".node.now").all()])
    ids = {v.label or v.op: f"n{k}" for k, v in enumerate(order(C))}
    expected = [["C"], ["pow"], ["a"], ["z"], ["mul", "b"], ["w", "x"]]
    assert [set(ids) for ids in reached] == [{ids[name] for name in step} for step in expected]
    assert page.get_by_role("button", name="One step on").is_disabled()


def test_numbers_on_arrows_and_in_boxes_are_the_engines(open_page):
    C = shared()
    page = open_page(C)
    page.keyboard.press("End")
    place = {id(v): k for k, v in enumerate(order(C))}
    arriving = {}
    for edge in edges(C):
        key = f"n{place[id(edge.result)]}_{edge.k}"
        shown = page.evaluate("id => trace.edges.find(e => e.id === id).flow", key)
        assert shown == edge.flow
        arriving[id(edge.operand)] = arriving.get(id(edge.operand), 0.0) + shown
    x = node(C, "x")
    assert arriving[id(x)] == pytest.approx(x.grad, rel=1e-12)
    assert f"gradient +{x.grad:.3f}" in box(page, "x").get_attribute("aria-label")
    labels = page.locator(".edge-label").all_text_contents()
    assert len(labels) == len(edges(C))
    assert all(re.fullmatch(r"[+−]\d\.\d{3}", label) for label in labels)


def test_the_sentence_of_a_step_works_out_its_gradient(open_page):
    C = lesson()
    page = open_page(C)
    for _ in range(3):
        page.keyboard.press("n")
    a = node(C, "a")
    assert sentence(page).startswith("Backward, step 3 of 6: ∂C/∂a = 1.7163 × 0.5 = +0.858")
    assert a.grad == pytest.approx(0.858, abs=5e-4)


def test_keys_step_jump_and_play(open_page):
    page = open_page(lesson())
    for key, expected in [
        ("ArrowRight", ("Backward", 1, 6)),
        ("n", ("Backward", 2, 6)),
        ("ArrowLeft", ("Backward", 1, 6)),
        ("p", ("Forward", 6, 6)),
        ("Home", ("Forward", 1, 6)),
        ("ArrowLeft", ("Forward", 1, 6)),
        ("End", ("Backward", 6, 6)),
        ("ArrowRight", ("Backward", 6, 6)),
        ("b", ("Forward", 6, 6)),
    ]:
        page.keyboard.press(key)
        assert steps(page) == expected
    page.keyboard.press("Space")
    assert page.locator("#play").inner_text() == "Pause"
    assert steps(page) == ("Backward", 1, 6)
    page.keyboard.press("Space")
    assert page.locator("#play").inner_text() == "Play"


def test_play_goes_to_the_end_and_stops(open_page):
    page = open_page(lesson())
    page.clock.install()
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(3100)
    assert steps(page) == ("Backward", 3, 6)
    page.clock.run_for(30_000)
    assert steps(page) == ("Backward", 6, 6)
    assert sentence(page).endswith("That was the last step.")
    assert page.locator("#play").inner_text() == "Play"


def test_the_slider_goes_to_any_step_and_says_which(open_page):
    page = open_page(lesson())
    slider = page.get_by_role("slider", name="Step")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert steps(page) == ("Backward", 1, 6)
    assert slider.get_attribute("aria-valuetext") == "Backward, step 1 of 6"
    slider.fill("0")
    assert steps(page) == ("Forward", 1, 6)
    assert "not computed yet" in box(page, "z").get_attribute("aria-label")


def test_a_page_without_backward_says_so_and_steps_forward_only(open_page):
    x = Value(2.0, label="x")
    page = open_page(x * x + x)
    assert "backward() was not called" in page.locator("#notice").inner_text()
    page.keyboard.press("End")
    assert steps(page) == ("Forward", 3, 3)
    box(page, "x").click()
    panel = page.locator("#panel").inner_text()
    assert "∂C/∂n1" not in panel
    assert "∂n1/∂x = 2" in panel
    assert "grad" not in page.locator("#sentence").inner_text()


# ── the chain rule ─────────────────────────────────────────────────────────────


def test_a_click_spells_out_the_chain_rule_with_the_engines_numbers(open_page):
    C = shared()
    page = open_page(C)
    box(page, "x").click()
    lines = page.locator(".rule > li").all()
    x = node(C, "x")
    into_x = [edge for edge in reversed(edges(C)) if edge.operand is x]
    total = 0.0
    assert len(lines) == len(into_x) == 3
    for line, edge in zip(lines, into_x, strict=True):
        total += edge.flow
        assert figures(line) == [edge.partial, edge.result.grad, edge.flow, total]
        text = " ".join(line.inner_text().split())
        assert re.match(r"∂C/∂x \+= \S+ × \S+ = \S+ → \S+ through \w+ \(\w+\)", text)
    assert total == x.grad
    assert box(page, "x").get_attribute("aria-pressed") == "true"


def test_the_name_of_a_result_leads_to_its_chain_rule(open_page):
    page = open_page(lesson())
    box(page, "z").click()
    page.locator("#panel").get_by_role("button", name="a", exact=True).click()
    assert page.locator("#panel h2").inner_text() == "a"
    page.keyboard.press("Escape")
    assert page.locator("#panel h2").inner_text() == "How to read it"


def test_a_gradient_that_holds_another_backward_is_marked(open_page):
    C = lesson()
    C.backward()
    page = open_page(C)
    box(page, "w").click()
    assert "holds another backward() too" in page.locator("#panel").inner_text()


# ── paths ──────────────────────────────────────────────────────────────────────


def test_all_paths_are_shown_with_their_products_and_these_add_up(open_page):
    C = shared()
    page = open_page(C)
    page.keyboard.press("End")
    box(page, "x").click()
    products = [figures(button)[-1] for button in page.locator("button.path").all()]
    x = node(C, "x")
    assert len(products) == 3
    assert products == sorted(products, key=abs, reverse=True)
    assert math.fsum(products) == pytest.approx(x.grad, rel=1e-12)
    assert "All 3 paths from x to C" in page.locator("#panel").inner_text()
    assert figures(page.locator("#path-sum")) == [pytest.approx(x.grad, rel=1e-12)]
    assert page.locator(".edge.path").count() == 5
    first = page.locator("button.path").first
    first.click()
    assert first.get_attribute("aria-pressed") == "true"
    assert 0 < page.locator(".edge.path").count() < 5
    first.click()
    assert page.locator(".edge.path").count() == 5


def test_the_strongest_hundred_of_10_to_the_87_paths_are_shown(open_page):
    page = open_page(doubled(290))
    find(page, "x")
    assert page.locator("button.path").count() == 100
    text = page.locator("#panel").inner_text()
    assert "The strongest 100 of about 1.9 × 10^87 paths from x to C" in text
    shown, everything = figures(page.locator("#path-sum"))
    assert (shown, everything) == (100.0, 2.0**290)
    assert "%" in page.locator("#path-sum").inner_text()


def test_the_share_of_the_strongest_hundred_is_told(open_page):
    page = open_page(doubled(7))
    find(page, "x")
    assert "The strongest 100 of 128 paths" in page.locator("#panel").inner_text()
    assert "100, 78.1 % of ∂C/∂x = 128" in page.locator("#path-sum").inner_text()


def test_no_path_leads_through_the_arm_not_taken(open_page):
    x, y = Value(1.0, label="x"), Value(2.0, label="y")
    C = where(True, x, tanh(y) * 2.0) * x
    C.backward()
    page = open_page(C)
    find(page, "y")
    assert "No path from y to C carries a derivative." in page.locator("#panel").inner_text()
    assert figures(page.locator(".rule"))[-1] == y.grad == 0.0
    find(page, "x")
    assert page.locator("button.path").count() == 2


def brute_force(C, w):
    """The products along all paths from w to C."""
    uses = {}
    for edge in edges(C):
        uses.setdefault(id(edge.operand), []).append(edge)

    def walk(v):
        if v is C:
            yield 1.0
        for edge in uses.get(id(v), []):
            if edge.carries:
                for product in walk(edge.result):
                    yield edge.partial * product

    return list(itertools.islice(walk(w), 20_000))


def test_the_strongest_paths_of_random_graphs_are_right_and_all_add_up(browser, tmp_path):
    page = browser.new_page()

    @settings(max_examples=20)
    @given(st.data())
    def check(data):
        program = data.draw(expressions(2))
        xs = [Value(data.draw(st.integers(-8, 8)) / 4, label=f"x{k}") for k in range(2)]
        C = program(*xs)
        C.backward()
        if not C.op or not math.isfinite(C.data):
            return
        page.goto(viz.step(C, tmp_path / "random.html").as_uri())
        for k, x in enumerate(xs):
            place = page.evaluate("name => trace.nodes.findIndex(n => n.name === name)", f"x{k}")
            if place < 0 or not math.isfinite(x.grad):
                continue
            count, total, products = page.evaluate(
                "k => [paths[k].count + '', paths[k].sum, paths[k].strongest.map(p => p.product)]",
                place,
            )
            size = math.fsum(map(abs, products))
            assert total == pytest.approx(x.grad, rel=1e-9, abs=1e-9 * size)
            expected = brute_force(C, x)
            if len(expected) == 20_000:
                continue
            assert int(count) == len(expected)
            strongest = sorted(map(abs, expected), reverse=True)[:100]
            assert [abs(p) for p in products] == pytest.approx(strongest, rel=1e-9)

    check()
    page.close()


# ── large graphs ───────────────────────────────────────────────────────────────


def test_a_collapsed_graph_is_stepped_through_by_groups(open_page):
    xs = [Value(k / 7, label=f"x{k}") for k in range(8)]
    for _ in range(3):
        total = sum(xs[1:], start=xs[0])
        xs = [tanh(total * x) for x in xs]
    C = sum(xs[1:], start=xs[0])
    C.backward()
    page = open_page(C, collapse="layer")
    assert "Collapsed by formula into" in page.locator("#notice").inner_text()
    page.keyboard.press("End")
    assert steps(page)[0] == "Backward"
    group = page.locator(".node.now").first
    assert "group of " in group.get_attribute("aria-label")
    group.click()
    total = 0.0
    for line in page.locator(".rule > li").all():
        flow, running, _ = figures(line)
        total += flow
        assert running == total
    assert total == pytest.approx(
        sum(x.grad for x in order(C) if x.label.startswith("x")), rel=1e-9
    )
    assert page.locator("button.path").count() == 0


def test_numbers_on_a_crowd_of_arrows_wait_until_a_box_is_chosen(open_page):
    xs = [Value(k / 7, label=f"x{k}") for k in range(6)]
    ys = [dot([1.0 + j] * 6, xs) for j in range(6)]
    C = dot(ys, ys)
    C.backward()
    page = open_page(C)
    page.keyboard.press("End")
    shown = "all => all.filter(e => getComputedStyle(e).visibility === 'visible').length"
    assert page.locator(".edge-label").evaluate_all(shown) == 0
    assert "appear only when a box is chosen" in page.locator("#notice").inner_text()
    find(page, "x3")
    assert page.locator(".edge-label").evaluate_all(shown) == 6 + 12


# ── find, zoom, theme ──────────────────────────────────────────────────────────


def test_names_and_operations_are_found(open_page):
    page = open_page(lesson())
    search = page.get_by_role("searchbox", name="Find")
    page.keyboard.press("/")
    page.keyboard.type("SIGM")
    assert page.locator(".node.match").count() == 1
    assert page.locator("#matches").inner_text() == "1 found"
    page.keyboard.press("Enter")
    assert page.locator("#panel h2").inner_text() == "a"
    search.fill("no such thing")
    assert page.locator("#matches").inner_text() == "0 found"
    search.fill("")
    assert page.locator(".node.match").count() == 0


def scale(page):
    return page.evaluate("diagram.view.k")


def test_buttons_keys_and_the_wheel_zoom_and_the_mouse_drags(open_page):
    page = open_page(lesson())
    start = scale(page)
    page.get_by_role("button", name="Zoom in").click()
    assert scale(page) == pytest.approx(1.25 * start)
    page.keyboard.press("-")
    assert scale(page) == pytest.approx(start)
    before = box(page, "z").bounding_box()
    page.mouse.move(300, 200)
    page.mouse.wheel(0, -300)
    page.wait_for_function("start => diagram.view.k > 1.2 * start", arg=start)
    page.get_by_role("button", name="Show the whole graph").click()
    assert box(page, "z").bounding_box() == pytest.approx(before, abs=1)
    page.mouse.move(300, 200)
    page.mouse.down()
    page.mouse.move(340, 230)
    page.mouse.up()
    after = box(page, "z").bounding_box()
    assert after["x"] - before["x"] == pytest.approx(40, abs=1)
    assert after["y"] - before["y"] == pytest.approx(30, abs=1)
    page.keyboard.press("Shift+ArrowLeft")
    assert box(page, "z").bounding_box()["x"] == pytest.approx(after["x"] + 60, abs=1)


def test_a_step_outside_the_window_is_brought_into_it(open_page):
    page = open_page(doubled(60))
    page.keyboard.press("Home")
    frame = page.locator("#diagram").bounding_box()
    place = page.locator(".node.now").bounding_box()
    assert frame["x"] <= place["x"] <= frame["x"] + frame["width"] - place["width"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_follows_the_system_until_the_user_chooses(open_page, theme):
    page = open_page(lesson(), theme=theme)
    other = {"light": "dark", "dark": "light"}[theme]
    current = "document.documentElement.dataset.theme"
    assert page.evaluate(current) == theme
    page.locator("#theme").click()
    assert page.evaluate(current) == other
    page.keyboard.press("t")
    assert page.evaluate(current) == theme


# ── what users have named ──────────────────────────────────────────────────────

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<!--",
    "\"'`",
    "\\",
    "a\nb",
    "\u2028",
    "${alert(1)}",
    "javascript:alert(1)",
    "\x00\x1b",
]
SHOWN = [*HOSTILE[:5], "a b", "", *HOSTILE[7:9], r"\x00\x1b"]


def test_hostile_labels_are_nothing_but_text(open_page):
    xs = [Value(2.0, label=label) for label in HOSTILE]
    C = sum(xs[1:], start=xs[0])
    C.backward()
    for title in HOSTILE[:2]:
        page = open_page(C, title=title)
        assert page.locator("h1").text_content() == page.title() == title
        page.keyboard.press("End")
        for x, shown in zip(xs, SHOWN, strict=True):
            place = next(k for k, v in enumerate(order(C)) if v is x)
            page.locator(f"#n{place}").dispatch_event("click")
            assert page.locator("#panel h2").text_content() == (shown or f"n{place}")
            assert page.locator(f"#n{place}").get_attribute("aria-pressed") == "true"
        assert page.locator("script").count() == 2
        assert page.locator("img, iframe, object, embed").count() == 0


def test_a_script_inserted_afterwards_does_not_run(browser, tmp_path):
    page = browser.new_page()
    page.goto(viz.step(lesson(), tmp_path / "x.html").as_uri())
    page.evaluate(
        "() => { const s = document.createElement('script');"
        " s.textContent = 'window.ran = true'; document.body.append(s);"
        " const i = new Image(); i.src = 'https://example.org/x.png'; document.body.append(i); }"
    )
    assert page.evaluate("window.ran") is None
    page.close()


# ── for everybody ──────────────────────────────────────────────────────────────


def test_tab_reaches_everything_in_reading_order(open_page):
    page = open_page(lesson())
    order = []
    for _ in range(13):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id"))
    above = ["search", "theme", "keys"]
    diagram = ["n9", "closer", "farther", "whole"]  # n9 is C, and all Values are one stop
    assert order == [*above, *diagram, "first", "back", "play", "next", "last", "slider"]


def test_the_diagram_is_walked_by_keys(open_page):
    page = open_page(lesson())
    page.keyboard.press("ArrowDown")
    first = page.evaluate("document.activeElement.id")
    page.keyboard.press("ArrowDown")
    second = page.evaluate("document.activeElement.id")
    assert first != second
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == first
    assert page.locator(".node[tabindex='0']").count() == 1


def test_letters_can_be_switched_off(open_page):
    page = open_page(lesson())
    page.keyboard.press("?")
    page.get_by_role("checkbox", name=re.compile("Single letters")).uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("n")
    assert steps(page) == ("Forward", 6, 6)
    page.keyboard.press("ArrowRight")
    assert steps(page) == ("Backward", 1, 6)


def test_the_sentence_is_announced(open_page):
    page = open_page(lesson())
    (status,) = [region for region in page.get_by_role("status").all() if region.inner_text()]
    assert status.get_attribute("aria-live") == "polite"
    page.keyboard.press("n")
    assert status.inner_text() == "Backward, step 1 of 6: ∂C/∂C = +1.000."


def test_reduced_motion_is_honoured(open_page):
    for motion, expected in (("reduce", "none"), ("no-preference", "arrive")):
        page = open_page(lesson(), motion=motion)
        for _ in range(2):
            page.keyboard.press("n")
        line = page.locator(".edge.flow.now .line").first
        assert line.evaluate("e => getComputedStyle(e).animationName") == expected


def linear(channel):
    c = channel / 255
    return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4


def luminance(colour):
    return sum(k * linear(c) for k, c in zip((0.2126, 0.7152, 0.0722), colour, strict=True))


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


COLOURS = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const background = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const parts = rgb(getComputedStyle(e).backgroundColor);
      if (parts.length === 3 || parts[3] > 0) return parts.slice(0, 3);
    }
  };
  const pairs = [];
  for (const text of document.querySelectorAll("svg text")) {
    if (!text.textContent || getComputedStyle(text).visibility === "hidden") continue;
    let under = background(document.getElementById("stage"));
    const group = text.closest(".node");
    if (group) {
      under = rgb(getComputedStyle(group.querySelector(".base")).fill);
      const tint = getComputedStyle(group.querySelector(".tint"));
      if (tint.fill !== "none") {
        const [colour, share] = [rgb(tint.fill), Number(tint.fillOpacity)];
        under = under.map((c, k) => c * (1 - share) + colour[k] * share);
      }
    }
    pairs.push([text.textContent, rgb(getComputedStyle(text).fill).slice(0, 3), under]);
  }
  for (const element of document.querySelectorAll("body *:not(script)")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || element.closest("svg") || !element.getClientRects().length) continue;
    const colour = rgb(getComputedStyle(element).color).slice(0, 3);
    pairs.push([element.textContent, colour, background(element)]);
  }
  return pairs;
}"""


def finite():
    """Gradients positive, negative and exactly zero, strong and weak; and an infinite operand."""
    x, y, huge = Value(2.0, label="x"), Value(-3.0, label="y"), Value(math.inf, label="huge")
    dead = (y * 1.0).relu()
    dead.label = "dead"
    C = x * y * 0.01 - x + dead * x + exp(-huge)
    C.label = "C"
    C.backward()
    return C


def undefined():
    """nan, which is its derivative too."""
    x = Value(math.inf, label="x")
    C = x * 0.0 + x
    C.label = "C"
    C.backward()
    return C


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("make", [finite, undefined])
def test_all_text_has_a_contrast_of_at_least_4_5(open_page, theme, make):
    page = open_page(make(), theme=theme)
    seen = 0
    for key in ["Home", "b", "n", "n", "End"]:
        page.keyboard.press(key)
        plain = page.evaluate(COLOURS)
        page.locator(".node").nth(1).dispatch_event("click")
        for text, colour, under in plain + page.evaluate(COLOURS):
            assert contrast(colour, under) >= 4.5, (text, colour, under)
            seen += 1
        page.keyboard.press("Escape")
    assert seen > 150


@pytest.mark.parametrize(("theme", "width"), [("light", 420), ("dark", 1280)])
def test_an_accessibility_checker_finds_nothing(open_page, theme, width):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason='no axe: pip install -e ".[browser]"'
    )
    from axe_playwright_python.base import AXE_FILE_PATH

    page = open_page(shared(), theme=theme, width=width)
    page.keyboard.press("End")
    box(page, "x").dispatch_event("click")
    page.evaluate(AXE_FILE_PATH.read_text(encoding="utf-8"))
    violations = page.evaluate("axe.run()")["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in violations] == []
    assert axe


def test_nothing_is_wider_than_a_narrow_screen(open_page):
    page = open_page(shared(), width=420, height=800)
    find(page, "x")
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_nan_and_infinities_are_shown(open_page):
    page = open_page(undefined())
    page.keyboard.press("End")
    assert box(page, "x").get_attribute("aria-label") == "x, leaf, data +inf, gradient nan"
    box(page, "x").click()
    assert "= nan → nan" in page.locator("#panel").inner_text()


def test_a_flow_of_exactly_zero_is_dashed_and_ends_in_a_bar(open_page):
    C = finite()
    page = open_page(C)
    page.keyboard.press("End")
    place = {id(v): k for k, v in enumerate(order(C))}
    for edge in edges(C):
        if edge.operand.constant:
            continue
        arrow = page.locator(f"[id='n{place[id(edge.result)]}_{edge.k}']")
        dashes = arrow.locator(".line").evaluate("e => getComputedStyle(e).strokeDasharray")
        bar = "Z" not in arrow.locator(".head").get_attribute("d")
        assert (edge.flow == 0.0) == bar
        assert edge.flow != 0.0 or dashes != "none"
