"""Draws the pictures of the README and the documentation: `python docs/pictures.py`."""

import os
import random
import shutil
import tempfile
from pathlib import Path

import viz
from autograd import Value, tanh
from nn import MLP, SGD, loss

HERE = Path(__file__).parent


def first_example() -> Value:
    """The README's example, after its backward pass."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    z = a * b + a**2
    z.label = "z"
    C = tanh(z) ** 2
    C.label = "C"
    C.backward()
    return C


def photograph(path: Path) -> str:
    """The page of the README's example at its last step, where there is a browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return f'not drawn: {path}: it needs pip install -e ".[browser]"'
    program = shutil.which("chromium")
    if program is None:
        return f"not drawn: {path}: there is no chromium"
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page_file = viz.step(first_example(), Path(folder) / "backward.html")
        browser = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox"] if root else []
        )
        page = browser.new_page(viewport={"width": 1200, "height": 640}, reduced_motion="reduce")
        page.goto(page_file.as_uri())
        page.keyboard.press("End")
        page.get_by_role("button", name="a, leaf").click()
        page.screenshot(path=path)
        browser.close()
    return f"drawn: {path}"


def trained(steps: int) -> tuple[Value, viz.Watch]:
    """A deep net of sigmoids, in which gradients vanish; its cost and what was watched."""
    draw = random.Random(1).uniform
    X = [(draw(-1, 1), draw(-1, 1)) for _ in range(30)]
    model = MLP(2, [8, 8, 8, 8, 1], activation="sigmoid", rng=1)
    optimiser, watch = SGD(model.parameters(), lr=0.02), viz.Watch(model)
    for _ in range(steps):
        C = loss.mean_squared_error([model(x) for x in X], [float(a * b > 0) for a, b in X])
        C.label = "C"
        optimiser.zero_grad()
        C.backward()
        watch()
        optimiser.step()
    return C, watch


if __name__ == "__main__":
    viz.save(first_example(), HERE / "flow.svg")
    C, watch = trained(200)
    viz.save(C, HERE / "layers.svg", collapse="layer")
    (HERE / "watch.svg").write_text(watch.plot()._repr_svg_(), encoding="utf-8")
    for name in ("flow", "layers", "watch"):
        print(f"drawn: {HERE / name}.svg")
    print(photograph(HERE / "step.png"))
    print(watch.report())
