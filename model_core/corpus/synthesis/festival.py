"""Speech with phone times and stress from festival, one process a batch of one voice."""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import soundfile
import soxr

from ...base.errors import UserError
from ...speech.inventories import ARPABET, CATALAN, CZECH, FINNISH, ITALIAN, Inventory, to_phones
from ...speech.phones import VOWELS, Phone, merge_pauses
from ..store import SAMPLE_RATE, Samples
from .voices import Voice

INVENTORIES = {
    "en": ARPABET,
    "it": ITALIAN,
    "ca": CATALAN,
    "cs": CZECH,
    "fi": FINNISH,
}
# Festival reads bytes; each voice expects its language's old 8-bit code page.
_ENCODINGS = {
    "en": "ascii",
    "it": "latin-1",
    "ca": "iso8859-15",
    "cs": "iso8859-2",
    "fi": "latin-1",
}
_SCRIPT = """
(voice.select '{voice})
(Parameter.set 'Duration_Stretch {stretch:.4f})
(define (speak text stem)
  (let ((utterance (utt.synth (eval (list 'Utterance 'Text text))))
        (file (fopen (string-append stem ".seg") "w")))
    (mapcar
      (lambda (segment)
        (format file "%s %f %s\\n" (item.name segment) (item.feat segment 'end)
                (item.feat segment "R:SylStructure.parent.stress")))
      (utt.relation.items utterance 'Segment))
    (fclose file)
    (utt.save.wave utterance (string-append stem ".wav"))))
"""


def speak_all(texts: Sequence[str], voice: Voice) -> Iterator[tuple[Samples, list[Phone]]]:
    """Samples at 16 kHz and phones of each text. Raises `UserError` if festival fails."""
    with tempfile.TemporaryDirectory() as folder:
        _run_script(texts, voice, Path(folder))
        for index in range(len(texts)):
            stem = Path(folder) / str(index)
            samples, rate = soundfile.read(stem.with_suffix(".wav"), dtype="float32")
            printed = stem.with_suffix(".seg").read_text(encoding="latin-1")
            phones = parse_segments(printed, INVENTORIES[voice.language])
            yield soxr.resample(samples, rate, SAMPLE_RATE), phones


def parse_segments(printed: str, inventory: Inventory) -> list[Phone]:
    """Phones from lines of `symbol end stress`."""
    phones: list[Phone] = []
    start = 0.0
    for line in printed.splitlines():
        symbol, end_text, stress_text = line.split()
        end = float(end_text)
        stress = int(stress_text) if stress_text in ("1", "2") else 0
        parts = to_phones([(symbol, start, end)], inventory)
        phones += [p._replace(stress=stress) if p.symbol in VOWELS else p for p in parts]
        start = end
    return merge_pauses(phones)


def _run_script(texts: Sequence[str], voice: Voice, folder: Path) -> None:
    lines = [_SCRIPT.format(voice=voice.name, stretch=1.0 / voice.rate)]
    for index, text in enumerate(texts):
        quoted = text.replace("\\", " ").replace('"', " ")
        lines.append(f'(speak "{quoted}" "{(folder / str(index)).as_posix()}")')
    script = folder / "speak.scm"
    script.write_bytes("\n".join(lines).encode(_ENCODINGS[voice.language], "ignore"))
    try:
        subprocess.run(["festival", "-b", str(script)], capture_output=True, check=True)
    except FileNotFoundError as error:
        raise UserError(
            "festival is not installed; run 'python -m model_core corpus install'."
        ) from error
    except subprocess.CalledProcessError as error:
        raise UserError(f"festival's {voice.name} failed: {error}.") from error
