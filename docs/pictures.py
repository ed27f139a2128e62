"""Draws the pictures of the README and the documentation: `python docs/pictures.py`."""

import os
import shutil
import tempfile
from pathlib import Path

import viz
from autograd import Value, tanh

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


if __name__ == "__main__":
    viz.save(first_example(), HERE / "flow.svg")
    print(f"drawn: {HERE / 'flow.svg'}")
    print(photograph(HERE / "step.png"))
