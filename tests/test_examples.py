"""The experiments, run as a user runs them, with fewer seeds where there are many."""

import importlib
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough  # it runs scripts

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(
    path.stem
    for path in (ROOT / "examples").glob("*.py")
    if "def main()" in path.read_text(encoding="utf-8")  # others are what scripts share
)
WITHOUT_PICTURE = {"cluster"}


def run(name, *arguments, cwd):
    """The exit status, output and errors of a script."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / f"{name}.py"), *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env=os.environ | {"PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)},
        timeout=600,
    )
    return done.returncode, done.stdout, done.stderr


def printed(tmp_path, name, *arguments):
    """What a script prints; its picture must be there, in the folder that it chooses itself."""
    status, out, err = run(name, *arguments, cwd=tmp_path)
    assert status == 0, err
    picture = tmp_path / "pictures" / f"{name}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert f"Picture: {Path('pictures') / f'{name}.png'}" in out
    return out


def row(out, name):
    """The cells of a table's row after its name."""
    (line,) = (line for line in out.splitlines() if line.strip().startswith(f"{name}  "))
    return line.strip().removeprefix(name).split()


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_says_what_it_is_and_what_it_takes(name, monkeypatch, capsys):
    monkeypatch.syspath_prepend(ROOT / "examples")
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    script = importlib.import_module(name)
    with pytest.raises(SystemExit, match="0"):
        script.main()
    out = capsys.readouterr().out
    assert script.__doc__.splitlines()[0] in out
    assert "--seed" in out
    assert "--out" in out or name in WITHOUT_PICTURE


def test_nielsens_neuron_ends_where_numpy_ends(tmp_path):
    out = printed(tmp_path, "one_neuron")
    for line in ("0.093956", "0.202848", "0.011638", "0.012009"):
        assert f"{line}     {line}" in out


def test_the_four_equations_hold_to_the_last_bits(tmp_path):
    out = printed(tmp_path, "four_equations", "--nets", "5")
    lines = [line.split() for line in out.splitlines() if line.strip().startswith("BP")]
    assert [line[0] for line in lines] == ["BP1", "BP2", "BP3", "BP4"]
    assert all(float(line[-1]) < 1e-14 for line in lines)


def test_xor_is_learned_with_direct_links_and_mostly_without(tmp_path):
    out = printed(tmp_path, "xor", "--seeds", "4")
    direct, hidden = out.splitlines()[2:4]
    assert "4/4" in direct
    assert int(hidden.split()[1].split("/")[0]) >= 2


def test_the_encoder_finds_a_code(tmp_path):
    out = printed(tmp_path, "encoder", "--seeds", "4")
    assert row(out, "here")[0] == "4/4"
    codes = [tuple(map(float, row(out, str(k)))) for k in range(1, 9)]
    for one, other in itertools.combinations(codes, 2):
        assert max(abs(a - b) for a, b in zip(one, other, strict=True)) > 0.3


def test_the_symmetry_net_is_solved_with_weights_as_1_2_4(tmp_path):
    out = printed(tmp_path, "symmetry", "--seed", "9", "--seeds", "1", "--settle", "1")
    assert row(out, "here")[0] == "1/1"
    assert "1 as in the paper: 1.00 : 1.99 : 3.9" in out
    assert float(re.search(r"are opposite to ([\d.]+)% of the largest", out)[1]) < 1.0


@pytest.mark.slow
def test_the_symmetry_net_is_solved_from_sixty_seeds_among_whose_sweeps_are_the_papers(tmp_path):
    out = printed(tmp_path, "symmetry")
    solved, *sweeps = row(out, "here")
    _, lower, _, upper, _ = (int(text.replace(",", "")) for text in sweeps)
    assert solved == "60/60"
    assert lower < 1425 < upper


def test_tied_weights_have_the_sum_of_the_copies_gradients(tmp_path):
    out = printed(tmp_path, "recurrent", "--seeds", "1", "--epochs", "5")
    assert all(float(row(out, str(T))[0]) < 1e-14 for T in (1, 2, 5, 10, 50))


def test_the_recurrent_net_learns_the_parity_of_a_sequence(tmp_path):
    out = printed(tmp_path, "recurrent", "--seeds", "1", "--seed", "2")
    _, seen, longer = row(out, "seed 2")
    assert seen == "100.0%"
    assert float(longer.removesuffix("%")) > 90


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "pictures").write_text("in the way")
    status, _, err = run("one_neuron", cwd=tmp_path)
    assert status == 1
    assert err.splitlines()[-1] == "pictures: File exists"


def test_the_same_seed_prints_the_same_numbers(tmp_path):
    first, second, other = (
        run("encoder", "--seeds", "1", "--seed", seed, cwd=tmp_path)[1] for seed in ("3", "3", "4")
    )
    assert first == second != other


@pytest.mark.parametrize("arguments", [("--seeds", "0"), ("--seeds", "x"), ("--seed", "1.5")])
def test_arguments_that_mean_nothing_are_refused(arguments, tmp_path):
    status, _, err = run("xor", *arguments, cwd=tmp_path)
    assert status == 2
    assert "error: argument" in err.splitlines()[-1]
