"""The measuring of a graphics card, tried on the CPU with narrow sizes."""

from pathlib import Path

import pytest

from model_core.evaluation.speed.card import noise
from tools import gpu_bench


def test_a_dry_run_fills_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Speed\n\n<!-- gpu -->\nbefore last\n<!-- /gpu -->\n\nAfter.\n")
    assert gpu_bench.main(["--dry-run", "--page", str(page)]) == 0
    text = page.read_text()
    assert (
        text.startswith("# Speed\n\n")
        and text.endswith("\n\nAfter.\n")
        and "before last" not in text
    )
    for row in (
        "our scan, 64 frames, forward",
        "default model against the CPU",
        "MoE-MoE",
        "steps/s",
    ):
        assert row in text
    assert "2048 frames in one pass" in text and "a dry run" in text
    agreed = [line for line in text.splitlines() if "against the CPU" in line]
    assert len(agreed) >= 6 and all("| 0 " in line for line in agreed)  # the CPU against itself


def test_a_section_that_fails_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model_core.evaluation.speed import card

    def broken(*_: object) -> None:
        raise RuntimeError("CUDA out of memory")

    page = tmp_path / "performance.md"
    page.write_text("<!-- gpu --><!-- /gpu -->")
    monkeypatch.setitem(card.SECTIONS, "training", broken)  # type: ignore[arg-type]
    only = ["--only", "training", "scan"]
    assert gpu_bench.main(["--dry-run", "--page", str(page), *only]) == 1
    assert "failed: training" in page.read_text() and "our scan" in page.read_text()


def test_without_a_card_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu_bench.main([]) == 2
    assert "no CUDA device" in capsys.readouterr().err


def test_noise_is_the_same_each_time() -> None:
    assert len(noise(0.5)) == 8000 and (noise(0.5) == noise(0.5)).all()
