"""Takes the manual's pictures of the panel in a window: characters, what directs, what is kept.

``.venv/bin/python docs/make_panels.py`` as root on Linux: Debian's newest Blender, see
`tools.debian_blender`.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.debian_blender import run_session  # noqa: E402
from tools.extension_zip import build_zip  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SHEETS = {
    "characters_panel.png": ("arkit", "visemes", "prepare", "refused"),
    "directing_panel.png": ("controls", "life", "mood"),
    "kept_panel.png": ("takes", "last_bake", "recorded", "output"),
}
NLA = (0, 20, 1031, 265)  # pixels of the window; see `takes_in_the_nla`
PANEL = (1031, 84, 1284, 748)  # pixels of the window
LIMIT_SECONDS, COLOURS = 900, 48


def main() -> None:
    """Take the pictures, and put the panels side by side."""
    blenders = sorted((ROOT / ".venvs").glob("bpy-*/bin/python"))
    with tempfile.TemporaryDirectory() as folder:
        helpers = (
            ROOT / "tests" / "blender" / name for name in ("gui_session.py", "fake_worker.py")
        )
        files = [build_zip(blenders[-1], Path(folder)), *helpers]
        out, script = Path(folder) / "out", ROOT / "docs" / "panel_session.py"
        run_session("sid", script, files, out, LIMIT_SECONDS)
        for picture, names in SHEETS.items():
            beside([Image.open(out / f"{name}.png") for name in names], IMAGES / picture)
        nla = Image.open(out / "nla.png").convert("RGB").crop(NLA)
        nla.quantize(COLOURS).save(IMAGES / "takes_nla.png", optimize=True)


def beside(shots: list[Image.Image], picture: Path) -> None:
    """Save the panels of some screens side by side."""
    panels = [shot.convert("RGB").crop(PANEL) for shot in shots]
    width, height = panels[0].size
    sheet = Image.new("RGB", (width * len(panels), height))
    for column, panel in enumerate(panels):
        sheet.paste(panel, (column * width, 0))
    sheet.quantize(COLOURS).save(picture, optimize=True)


if __name__ == "__main__":
    main()
