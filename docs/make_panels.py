"""Takes the manual's picture of the panel for each kind of character, in a real window.

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

PICTURE = ROOT / "docs" / "images" / "characters_panel.png"
NAMES = ("arkit", "visemes", "prepare", "refused")
PANEL = (1031, 84, 1284, 748)  # pixels of the window
LIMIT_SECONDS, COLOURS = 900, 48


def main() -> None:
    """Take the pictures, and put the panels side by side."""
    blenders = sorted((ROOT / ".venvs").glob("bpy-*/bin/python"))
    with tempfile.TemporaryDirectory() as folder:
        files = [build_zip(blenders[-1], Path(folder)), ROOT / "tests/blender/gui_session.py"]
        out, script = Path(folder) / "out", ROOT / "docs" / "panel_session.py"
        run_session("sid", script, files, out, LIMIT_SECONDS)
        shots = [Image.open(out / f"{name}.png").convert("RGB") for name in NAMES]
        panels = [shot.crop(PANEL) for shot in shots]
    width, height = panels[0].size
    sheet = Image.new("RGB", (width * len(panels), height))
    for column, panel in enumerate(panels):
        sheet.paste(panel, (column * width, 0))
    sheet.quantize(COLOURS).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
