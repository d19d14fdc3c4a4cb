"""Systems to compare in a study: study_systems.py SOUNDS FOLDER

Makes FOLDER/jambatalk, FOLDER/energy_jaw and, where Rhubarb's cues NAME.json or NAME.tsv lie beside
a sound or the program `rhubarb` is installed, FOLDER/rhubarb; then asks for nothing more than
`python -m model_core study FOLDER/* -o study`.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from model_core.base.files import find_files
from model_core.evaluation.baselines import energy_jaw, read_cues, viseme_motion
from model_core.models.predictor import Predictor
from model_core.motion.motion import Motion
from model_core.speech.audio import SAMPLE_RATE, load_audio

FPS = 60.0


def main(sounds: str, folder: str) -> None:
    """Let every system speak every sound of a folder."""
    predictor = Predictor.load()
    for sound in find_files(Path(sounds), ".wav", ".flac", ".ogg", ".mp3"):
        samples = load_audio(sound)
        motions = {
            "jambatalk": predictor.predict(samples, fps=FPS),
            "energy_jaw": energy_jaw(samples, FPS),
            "rhubarb": rhubarb(sound, len(samples) / SAMPLE_RATE),
        }
        for system, motion in motions.items():
            if motion is not None:
                place = Path(folder) / system
                place.mkdir(parents=True, exist_ok=True)
                motion.save(place / f"{sound.stem}.npz")
                shutil.copy(sound, place / sound.name)
        print(sound.stem, *(system for system, motion in motions.items() if motion), sep="  ")


def rhubarb(sound: Path, seconds: float) -> Motion | None:
    """Return what Rhubarb makes of a sound, or None where there is neither it nor its cues."""
    for cues in (sound.with_suffix(".json"), sound.with_suffix(".tsv")):
        if cues.exists():
            return viseme_motion(read_cues(cues), seconds, FPS)
    if shutil.which("rhubarb") is None:
        return None
    with tempfile.TemporaryDirectory() as temporary:
        cues = Path(temporary) / "cues.json"
        subprocess.run(["rhubarb", "-q", "-f", "json", "-o", cues, sound], check=True)
        return viseme_motion(read_cues(cues), seconds, FPS)


if __name__ == "__main__":
    main(*sys.argv[1:])
