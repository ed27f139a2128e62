"""What the benchmarks print is what they write, missed targets and failures included."""

import json
import math

import pytest

from benchmarks import __main__ as command
from benchmarks import environment, figure, growth, results
from benchmarks.measure import Spread
from benchmarks.report import Point, Row, Table, Target


def rows():
    yield Row("a step", Spread((4.0, 5.0, 9.0)), "µs", note="of something")
    yield Row("  faster than a peer", Spread((0.5, 0.75, 1.0)), "×", Target(">=", 1))
    yield Row("  another: not installed, skipped", math.nan, "")
    yield Row("memory", 100.0, "bytes", Target("<=", 128))


@pytest.fixture
def table(capsys):
    made = Table("steps", "what steps take")
    made.show(rows())
    return made


def read(tables, tmp_path):
    path = tmp_path / "results.json"
    results.save(tables, path, {"quick": True})
    return json.loads(path.read_text(encoding="utf-8"))


def test_json_holds_machine_versions_date_and_every_row(table, tmp_path):
    saved = read([table], tmp_path)
    assert saved["machine"]["processor"]
    assert {"dcdw", "numpy"} <= saved["versions"].keys()
    assert saved["date"].startswith("20")
    first, second, third, fourth = saved["tables"]["steps"]["rows"]
    assert (first["median"], first["range"], first["met"]) == (5.0, [4.0, 9.0], None)
    assert (second["work"], second["of"]) == ("faster than a peer", "a step")
    assert (second["quartiles"], second["target"], second["met"]) == ([0.625, 0.875], "≥ 1", False)
    assert third["median"] is None
    assert (fourth["of"], fourth["met"]) == (None, True)


def test_a_missed_target_is_printed_as_missed(capsys):
    Table("steps", "").show(rows())
    (line,) = (x for x in capsys.readouterr().out.splitlines() if "faster than a peer" in x)
    assert "MISSED" in line


def test_an_error_in_one_table_is_reported_and_the_rows_before_it_are_kept(capsys, tmp_path):
    def failing():
        yield Row("first", 1.0)
        raise OSError("no such peer")

    table = Table("steps", "")
    table.show(failing())
    assert "steps stopped here: OSError: no such peer" in capsys.readouterr().out
    saved = read([table], tmp_path)["tables"]["steps"]
    assert saved["error"] == "OSError: no such peer"
    assert len(saved["rows"]) == 1


def test_slopes_are_the_exponents(capsys):
    series = growth.Series("squares", "ms")
    made = [series.row(10**k, (10.0 ** (2 * k),)) for k in range(3, 7)]
    whole, beyond = series.slopes()
    assert whole.work == "squares: slope from 1,000 to 1,000,000"
    assert beyond.work == "squares: slope from 100,000 to 1,000,000"
    assert math.isclose(whole.measured, 2.0)
    assert math.isclose(beyond.measured, 2.0)
    assert made[0].point == Point("squares", 1000)


def test_a_chain_has_the_nodes_and_the_derivative_it_says():
    z, x = growth.chain(1000)
    z.backward()
    assert z.op == "mul"
    assert 0.0 < x.grad < 1.0


def test_pictures_are_drawn_of_ratios_and_of_growth(table, tmp_path):
    series = growth.Series("times", "ms")
    curve = Table("growth", "", [*(series.row(10**k, (2.0**k,)) for k in (3, 4)), *series.slopes()])
    made = figure.draw([table, curve], tmp_path)
    assert [path.name for path in made] == ["ratios.png", "growth.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in made)


def test_the_picture_of_ratios_is_drawn_only_if_there_are_any(tmp_path):
    assert figure.draw([Table("steps", "", [Row("memory", 1.0, "bytes")])], tmp_path) == []


def test_an_interpreter_that_is_not_there_has_no_hips(tmp_path):
    assert not environment._has_autograd(tmp_path / "python")


def test_every_table_is_measured_and_written_unless_a_subject_is_named(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("sys.argv", ["benchmarks", "--out", str(tmp_path / "new")])
    monkeypatch.setattr(command, "measured", lambda name, options: Table(name, ""))
    assert command.main() == 0
    written = json.loads((tmp_path / "new" / "results.json").read_text(encoding="utf-8"))
    assert list(written["tables"]) == list(command.SUBJECTS)
    assert "growth" in written["tables"]


def test_an_unknown_subject_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmarks", "speed"])
    with pytest.raises(SystemExit):
        command.main()
    assert "no subject 'speed'; there is engine, derivatives" in capsys.readouterr().err
