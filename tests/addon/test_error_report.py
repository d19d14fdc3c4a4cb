"""Reports tell what happened without telling whose machine it was."""

import getpass
from pathlib import Path

from tests.jambatalk_root import addon_module

report = addon_module("error_report")


def failure() -> RuntimeError:
    try:
        raise RuntimeError(f"cannot read {Path.home() / 'secret film' / 'take.wav'}")
    except RuntimeError as error:
        return error


def test_a_report_has_the_stack_and_no_folders(tmp_path: Path) -> None:
    path = report.write_report(tmp_path, failure(), {"blender": "5.2.2", "device": "cpu"})
    text = path.read_text(encoding="utf-8")
    assert text.startswith("blender: 5.2.2\ndevice: cpu\n")
    assert "RuntimeError: cannot read ~" in text
    assert "in failure" in text
    assert str(Path.home()) not in text
    assert str(Path(__file__).parent) not in text


def test_paths_of_all_systems_are_shortened() -> None:
    text = report.redact(r"open 'C:\Films\Secret\scene.blend' and /mnt/films/secret/line.wav")
    assert text == "open '<folder>/scene.blend' and <folder>/line.wav"
    assert (
        report.redact("https://example.org/a/b is no path") == "https://example.org/a/b is no path"
    )
    assert getpass.getuser() not in report.redact(f"user {getpass.getuser()}.")


def test_what_the_worker_said_is_added() -> None:
    error = failure()
    error.details = "Traceback of the worker"  # type: ignore[attr-defined]
    assert "Traceback of the worker" in report.compose(error, {})


def test_old_reports_go(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"jambatalk-2000010{number:02}.txt").write_text("old")
    newest = report.write_report(tmp_path, failure(), {})
    left = sorted(tmp_path.iterdir())
    assert len(left) == 20
    assert newest in left
