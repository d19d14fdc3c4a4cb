"""A worker that speaks the protocol without a model: what it says follows from the sound's time.

Run in place of the real one to reach states a good worker never shows. It decodes nothing but wav.
``JAMBATALK_FAKE`` chooses: nothing (a known motion), ``slow``, ``deaf`` (slow and never cancels),
``die``, ``user_error``, ``internal_error``, ``notes`` (one on the sound) or ``dense`` (components
instead of named shapes). ``JAMBATALK_FAKE_LOG`` names a file to which it adds the requests.
"""

import json
import os
import sys
import threading
import time
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(os.environ.get("JAMBATALK_FAKE_ROOT", Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(ROOT))

from model_core.formats.curve_set import CurveSet  # noqa: E402
from model_core.formats.registry import write_curves  # noqa: E402
from model_core.motion.factorise import factorise  # noqa: E402
from model_core.motion.motion import Motion  # noqa: E402
from model_core.motion.reduction import Reduction  # noqa: E402
from model_core.rig.rig import load_face_rig  # noqa: E402
from model_core.rig.shapes import SPEECH_SHAPES  # noqa: E402
from model_core.targets.target_file import read_target  # noqa: E402

WIDE = 1.5  # times the motion, in the style that is told besides where styles are to be kept
MODE = os.environ.get("JAMBATALK_FAKE", "")
_cancelled: set[int] = set()


def weights_at(seconds: np.ndarray) -> np.ndarray:
    """Return the (T, K) weights this worker gives to seconds of any sound."""
    phase = np.arange(len(SPEECH_SHAPES)) * 0.7
    waves = np.sin(2 * np.pi * (seconds[:, None] * (0.8 + 0.11 * phase) + phase))
    weights = 0.12 * waves + 0.08
    weights[:, 0] = 0.15 + 0.15 * np.sin(2 * np.pi * 0.9 * seconds)
    weights[:, 9:] *= 0.4
    weights[:, 20] = 0.0  # one shape that never moves
    return weights.astype(np.float32)


def head_at(seconds: np.ndarray) -> np.ndarray:
    """Return the (T, 3) yaw, pitch and roll in radians this worker gives to life."""
    turns = np.stack([0.20 * np.sin(3 * seconds), 0.1 * seconds, -0.15 * np.sin(seconds)], axis=1)
    return turns.astype(np.float32)


def eyes_at(seconds: np.ndarray) -> np.ndarray:
    """Return the (T, 2, 3) turns of both eyes that this worker gives to life."""
    left = np.stack([0.3 * np.sin(2 * seconds), 0.1 * np.cos(seconds), 0 * seconds], axis=1)
    return np.stack([left, 0.8 * left], axis=1).astype(np.float32)


def breath_at(seconds: np.ndarray) -> np.ndarray:
    """Return (T,) how full lungs are."""
    return (0.5 - 0.5 * np.cos(2 * seconds)).astype(np.float32)


def turned(motion: Motion, options: dict, seconds: np.ndarray) -> Motion:
    if not options["life"]:
        return motion
    motion = replace(motion, eyes=eyes_at(seconds), breath=breath_at(seconds))
    return replace(motion, head=head_at(seconds)) if options["head"] else motion


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def span_of(audio: dict) -> tuple[float, float]:
    if "samples" in audio:
        return 0.0, len(np.load(audio["samples"])) / audio["rate"]
    with wave.open(audio["path"]) as sound:
        length = sound.getnframes() / sound.getframerate()
    end = audio["end"]
    return audio["start"], length if end is None else min(end, length)


def reduce(motion: Motion, wish: dict, options: dict) -> None:
    how = Reduction(options["tolerance_mm"], options["curves"])
    portion = motion.portion(wish["frames"], options["strength"])
    target = wish.get("target")
    curves = read_target(target).reduce(portion, how) if target else how.curves(portion)
    write_curves(CurveSet(motion.fps, *curves), wish["output"])


def heard(wish: dict, start: float, end: float) -> dict:
    """Return the words that were told evenly over a sound, and a sound every fifth of a second."""
    words = wish["text"].split()
    step = (end - start) / max(1, len(words))
    said = [[word, start + n * step, start + (n + 1) * step] for n, word in enumerate(words)]
    count = round((end - start) / 0.2)
    phones = [["mapi"[n % 4], start + 0.2 * n, start + 0.2 * (n + 1)] for n in range(count)]
    return {"words": said, "phones": phones}


def spoken(fps: float, options: dict, seconds: np.ndarray) -> Motion:
    """Return the motion of seconds of a sound; each take is one of another time."""
    seconds = seconds + 0.4 * options.get("take", 0)
    motion = Motion(fps, SPEECH_SHAPES, load_face_rig().select(SPEECH_SHAPES), weights_at(seconds))
    motion = turned(motion, options, seconds)
    return factorise(motion.offsets(), fps)[0] if MODE == "dense" else motion


def predict(request: dict) -> None:
    number = request["id"]
    if MODE in {"slow", "deaf"}:
        for step in range(200):
            if number in _cancelled:
                say(event="cancelled", id=number)
                return
            say(event="progress", id=number, fraction=step / 200, message="Listening")
            time.sleep(0.1)
    if MODE == "die":
        say(event="progress", id=number, fraction=0.3, message="Listening")
        print("Segmentation fault (not really)", file=sys.stderr, flush=True)
        os._exit(139)
    if MODE == "user_error":
        say(event="error", id=number, kind="user", message="The sound is silent.", details="")
        return
    if MODE == "internal_error":
        say(event="error", id=number, kind="internal", message="A layer is wrong.", details="x")
        return
    try:
        start, end = span_of(request["audio"])
    except wave.Error:
        say(event="error", id=number, kind="user", code="undecodable", message="No wav.")
        return
    frames = max(1, round((end - start) * request["fps"]))
    seconds = start + np.arange(frames) / request["fps"]
    motion = spoken(request["fps"], request["options"], seconds)
    motion.save(request["output"])
    styles = {"wide": f"{request['output']}.wide.npz"} if request["options"]["keep_styles"] else {}
    for path in styles.values():
        replace(motion, weights=WIDE * motion.weights).save(path)
    if wish := request.get("curves"):
        reduce(motion, wish, request["options"])
    done = {"output": request["output"], "frames": frames, "seconds": end - start}
    done["styles"] = styles
    if (wish := request.get("hear")) is not None:
        done["heard"] = heard(wish, start, end)
    say(event="done", id=number, **done, notes=["It hums."] if MODE == "notes" else [])


def live(request: dict) -> None:
    """Tell the frames of a file three times as fast as it would be spoken, in parts of three."""
    number, (_, end) = request["id"], span_of(request["source"])
    names, fps, part = list(SPEECH_SHAPES), 60.0, 3
    say(event="listening", id=number, names=names, fps=fps, lookahead=0.2, notes=[])
    if MODE == "die":
        os._exit(139)
    if MODE == "user_error":
        gone = "The microphone gives no sound any more; was it unplugged?"
        say(event="error", id=number, kind="user", message=gone, details="")
        return
    frames = round(end * fps)
    weights, began = weights_at(np.arange(frames) / fps).clip(0), time.monotonic()
    for first in range(0, frames, part):
        if number in _cancelled:
            say(event="cancelled", id=number)
            return
        told = weights[first : first + part].tolist()
        heard = (first + part) / fps + 0.2
        age = time.monotonic() - began
        say(event="frames", id=number, first=first, weights=told, heard=heard, age=age)
        time.sleep(part / fps / 3)
    say(event="done", id=number, frames=frames)


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        if log := os.environ.get("JAMBATALK_FAKE_LOG"):
            with Path(log).open("a", encoding="utf-8") as file:
                file.write(line)
        match request["op"]:
            case "hello":
                say(event="hello", protocol=1, version="0.1.0", runtime="fake", styles=["neutral"])
            case "predict":
                threading.Thread(target=predict, args=(request,), daemon=True).start()
            case "live":
                threading.Thread(target=live, args=(request,), daemon=True).start()
            case "cancel" if MODE != "deaf":
                _cancelled.add(request["id"])
            case "quit":
                return


if __name__ == "__main__":
    main()
