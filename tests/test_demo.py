"""The demo, run as a user runs it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import demo
from autograd import Value

pytestmark = pytest.mark.thorough  # it runs the demo

DEMO = Path(__file__).parents[1] / "demo.py"


def run(*arguments, cwd, **environment):
    """The demo's exit status, output, and errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(DEMO), *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env=os.environ | {"PYTHONUTF8": "1"} | environment,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def symmetry(tmp_path_factory):
    """One run of the whole demo, with a seed that is quick, where no dot is found."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, *run("--seed", 1, cwd=folder, PATH=str(folder))


@pytest.fixture
def table(tmp_path):
    """A file in which z = x² - y."""
    path = tmp_path / "table.csv"
    points = [(x / 4, y / 4) for x in range(-5, 6) for y in range(-5, 6)]
    rows = [f"{x},{y},{100 + x * x - y}" for x, y in points]
    path.write_text("\n".join(["x,y,z", *rows]))
    return path


# ── the symmetry net ───────────────────────────────────────────────────────────


def test_the_symmetry_net_is_solved_and_compared_with_the_paper(symmetry):
    _, status, out, _ = symmetry
    assert status == 0
    assert "Solved after 942 sweeps with seed 1.  The paper: 1,425." in out


def test_its_weights_show_the_ratio_of_the_paper(symmetry):
    out = symmetry[2]
    assert "Trained on until |y - d| < 0.1 in all cases" in out
    assert out.count("1.00 : 1.99 : 3.96   (the paper: 1 : 2 : 4)") == 2
    assert "Mirrored weights are opposite" in out


def test_progress_is_shown(symmetry):
    assert "64/64 cases" in symmetry[3]


def test_its_pictures_are_where_it_says(symmetry):
    folder, _, out, _ = symmetry
    named = [line.strip() for line in out.partition("Pictures\n")[2].splitlines()]
    assert sorted(named) == sorted(str(p.relative_to(folder)) for p in folder.rglob("*.*"))
    assert {Path(name).suffix for name in named} == {".svg", ".png"}
    svg = (folder / "pictures" / "gradients.svg").read_text(encoding="utf-8")
    assert "w h1 x1" in svg
    assert "+1.000" in svg


def test_the_error_is_the_sum_of_the_paper():
    net, optimizer = demo.start(0)
    for p in net.parameters():
        p.data = 0.0  # every output is 0.5
    run = demo.train(net, demo.CASES, optimizer, 0.5, 1)
    assert run == (None, [64 * 0.5 * 0.5**2])


def test_eight_of_the_cases_are_symmetric():
    assert len(demo.CASES) == 64
    assert sum(d for _, d in demo.CASES) == 8


def test_proportions_are_of_mirrored_pairs():
    w = [Value(x) for x in (4.0, -1.0, 2.0, -2.0, 1.0, -4.0)]
    assert demo.proportions(w) == [1.0, 2.0, 4.0]


def test_the_demo_says_so_when_the_epochs_run_out(tmp_path):
    status, out, _ = run("--sweeps", 3, "--out", "here", cwd=tmp_path)
    assert status == 0
    assert "Not solved in 3 sweeps with seed 1." in out
    assert "not yet opposite" in out
    assert (tmp_path / "here" / "gradients.svg").exists()


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent in another way")
def test_ctrl_c_ends_it_politely(tmp_path):
    process = subprocess.Popen(
        [sys.executable, str(DEMO), "--seed", "11"],  # it takes 32,393 sweeps
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    assert process.stderr is not None
    process.stderr.read(20)  # the progress bar: it is training
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert rest.decode().endswith("demo.py: stopped.\n")
    assert b"Traceback" not in rest


# ── your own table ─────────────────────────────────────────────────────────────


def test_a_table_is_learned_better_than_by_its_mean(table, tmp_path):
    status, out, err = run(table.name, "--target", "z", cwd=tmp_path)
    assert (status, "Traceback" in err) == (0, False)
    assert "97 rows to learn from, 24 held out" in out
    net, mean = (
        float(line.split()[-1]) for line in out.splitlines() if line[:5] in ("  the", "  alw")
    )
    assert net < 0.3 * mean
    names = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert names == {"gradients.svg", "gradients.png", "training.png"}


def test_names_that_a_picture_could_misread_are_no_trouble(table, tmp_path):
    table.write_text(table.read_text().replace("x,y,z", "<b>,$a,$b\\"))
    status, _, err = run(table.name, "--target", "$b\\", "--sweeps", 1, cwd=tmp_path)
    assert status == 0, err
    assert "w h1 &lt;b&gt;" in (tmp_path / "pictures" / "gradients.svg").read_text()


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        (None, "z", "demo.py: t.csv: No such file or directory"),
        ("", "z", "demo.py: t.csv is empty: its first row must name the columns"),
        ("x,y\n1,2\n", "z", "demo.py: t.csv has no column 'z'; its columns are 'x', 'y'"),
        ("x,z\n1,2\n3,four\n", "z", "demo.py: t.csv, row 3, column 'z': 'four' is not a number"),
    ],
)
def test_bad_input_is_one_line_and_status_2(tmp_path, text, target, message):
    if text is not None:
        (tmp_path / "t.csv").write_text(text)
    status, out, err = run("t.csv", "--target", target, cwd=tmp_path)
    assert (status, out) == (2, "")
    assert err.startswith(message)
    assert len(err.splitlines()) == 1


def test_bad_input_leaves_no_folder_behind(tmp_path):
    run("t.csv", "--target", "z", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["t.csv"], "which column of t.csv is to be predicted? Its columns are 'x', 'y', 'z'"),
        (["--target", "z"], "--target z: which table?"),
        (["--sweeps", "1", "--out", "t.csv"], "t.csv: File exists"),
    ],
)
def test_a_command_that_lacks_something_says_what(table, tmp_path, arguments, message):
    table.rename(tmp_path / "t.csv")
    status, _, err = run(*arguments, cwd=tmp_path)
    assert status == 2
    assert message in err
    assert len(err.splitlines()) == 1
