"""The parts of a check: none hides another, and the table says how each ended."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.blender import crashes, run_all
from tools.parts import FAILED, PASSED, SKIPPED, Result, any_failed, closing_line, run_part, table


def python(name: str, code: str, **environment: str) -> Result:
    return run_part(name, [sys.executable, "-c", code], environment)


def test_what_fails_or_cannot_start_or_dies_is_a_result_as_is_what_passes(
    capfd: pytest.CaptureFixture[str],
) -> None:
    results = [
        python("fails", "print('1 failed, 2 passed in 0.10s'); raise SystemExit(1)"),
        run_part("absent", ["/nowhere/at all"]),
        python("dies", "import os; os.kill(os.getpid(), 9)"),
        python("passes", "import os; print(os.environ['WORD'])", WORD="grüße"),
    ]
    assert [result.outcome for result in results] == [FAILED, FAILED, FAILED, PASSED]
    assert results[0].remark == "1 failed, 2 passed in 0.10s"
    assert "/nowhere/at all" in results[1].remark
    assert results[2].remark == "ended with -9"
    assert any_failed(results)
    assert not any_failed(results[3:])
    shown = capfd.readouterr().out
    assert "2 passed in 0.10s\n" in shown
    assert "gr" in shown


@pytest.mark.parametrize(
    ("printed", "remark"),
    [
        (
            "...\n==== 3 passed, 1 skipped in 1.20s ====\nBlender quit\n",
            "3 passed, 1 skipped in 1.20s",
        ),
        ("F\n\x1b[31m1 failed\x1b[0m in 0.1s\n\n", "1 failed in 0.1s"),
        ("no tests ran in 0.01s", "no tests ran in 0.01s"),
        ("a\nAll checks passed!\n", "All checks passed!"),
        ("", ""),
    ],
)
def test_the_remark_is_pytests_closing_line_or_the_last(printed: str, remark: str) -> None:
    assert closing_line(printed) == remark


def test_the_table_has_a_line_a_part_and_names_what_failed() -> None:
    results = [
        Result("core tests", FAILED, 71.6, "1 failed"),
        Result("Blender 4.2", PASSED, 9.0, "80 passed"),
        Result("Blender 5.2", SKIPPED, 0.0, "There is no Python 3.13."),
    ]
    assert table(results).splitlines() == [
        "core tests   failed      72 s  1 failed",
        "Blender 4.2  passed       9 s  80 passed",
        "Blender 5.2  skipped      0 s  There is no Python 3.13.",
        "Failed: core tests.",
    ]
    assert table(results[1:]).endswith("Nothing failed.")


def test_a_blender_that_cannot_start_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text(
        "#!/bin/sh\necho 5 passed in 0.50s; echo $JAMBATALK_MODEL_PYTHON $OMP_NUM_THREADS\n"
    )
    bad.write_text("#!/bin/sh\necho the library is missing; exit 1\n")
    for program in (good, bad):
        program.chmod(0o755)
    monkeypatch.setattr(run_all, "build_zip", lambda _python, folder: folder / "x.zip")
    blenders = {"4.2": bad, "4.5": tmp_path / "gone", "5.0": good, "5.2": good}
    results = run_all.run_blenders(blenders, "a-python")
    outcomes = {result.name: result.outcome for result in results}
    assert outcomes == {
        "Scene with a strip": FAILED,
        "Blender 4.2": FAILED,
        "Blender 4.5": FAILED,
        "Blender 5.0": PASSED,
        "Blender 5.2": PASSED,
    }
    assert (
        "the library is missing"
        in {result.name: result.remark for result in results}["Blender 4.2"]
    )
    assert "a-python" in capsys.readouterr().out


def test_a_blender_that_hangs_after_its_tests_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = tmp_path / "hanging"
    hanging.write_text("#!/bin/sh\necho 5 passed in 0.50s; exec sleep 60\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(run_all, "LIMIT_SECONDS", 2)
    result = run_all.run_tests("4.5", hanging, (), tmp_path, {})
    assert (result.outcome, result.remark) == (FAILED, "did not end within 2 s")


def test_a_zip_that_cannot_be_built_fails_every_blender() -> None:
    results = run_all.run_blenders({"4.2": Path("/nowhere"), "5.2": Path("/nowhere")}, "")
    assert [result.outcome for result in results] == [FAILED, FAILED]
    assert all("zip" in result.remark and "/nowhere" in result.remark for result in results)


def played(
    progress: Path, crashing: dict[str, int], failing: str = ""
) -> tuple[list[list[str]], tuple[int, list[str]]]:
    """Return which files each process ran, and how all ended, where some crash so many times."""
    runs: list[list[str]] = []

    def run(files: Sequence[Path]) -> int:
        runs.append([path.stem for path in files])
        for path in files:
            crashes.note(progress, crashes.BEGUN, path.name)
            if path.stem == failing:
                crashes.note(progress, crashes.FAILED, path.name)
            if crashing.get(path.stem, 0):
                crashing[path.stem] -= 1
                return -11
        return int(failing in runs[-1])

    return runs, crashes.run_files(run, [Path(f"{name}.py") for name in "abcd"], progress)


def test_after_a_crash_its_file_and_those_left_are_run_in_a_new_process(tmp_path: Path) -> None:
    runs, (code, crashed) = played(tmp_path / "p", {"b": 1})
    assert [*map("".join, runs)] == ["abcd", "bcd"]
    assert (code, crashed) == (0, ["b.py"])


def test_a_file_that_crashes_twice_fails_and_hides_no_other(tmp_path: Path) -> None:
    runs, (code, crashed) = played(tmp_path / "p", {"b": 2, "d": 2})
    assert [*map("".join, runs)] == ["abcd", "bcd", "cd", "d"]
    assert (code, crashed) == (1, ["b.py", "b.py", "d.py", "d.py"])


def test_what_failed_before_a_crash_stays_failed(tmp_path: Path) -> None:
    runs, (code, _) = played(tmp_path / "p", {"c": 1}, failing="a")
    assert [*map("".join, runs)] == ["abcd", "cd"]
    assert code == 1


def test_a_program_that_crashes_before_any_test_fails_at_once(tmp_path: Path) -> None:
    files = [tmp_path / "a.py", tmp_path / "b.py"]
    assert crashes.run_files(lambda _: -4, files, tmp_path / "p") == (-4, [])
