"""Every link of the documents leads somewhere, and every page and picture is linked."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    page
    for folder in ("", "docs/**", "examples/**", "model_core/**")
    for page in sorted(ROOT.glob(f"{folder}/*.md".lstrip("/")))
    if not page.stem.endswith("_card")  # those become the README of a model's folder
]
_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


def linked(page: Path) -> list[Path]:
    targets = [target for target, _ in _LINK.findall(page.read_text(encoding="utf-8"))]
    return [(page.parent / each).resolve() for each in targets if "://" not in each]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    lost = [str(each) for each in linked(page) if not each.exists()]
    assert not lost


def test_every_page_of_the_manual_can_be_reached_from_its_first() -> None:
    manual = ROOT / "docs" / "manual"
    listed = {each.name for each in linked(manual / "README.md") if each.parent == manual}
    assert {each.name for each in manual.glob("*.md")} - {"README.md"} == listed


def test_every_picture_is_shown() -> None:
    shown = {each for page in PAGES for each in linked(page)}
    assert not [each.name for each in (ROOT / "docs" / "images").iterdir() if each not in shown]
