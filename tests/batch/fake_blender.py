"""A Blender of a batch that has no Blender: it does the same work on files of text.

What it saves follows from the work alone, so that files of different runs may be compared. The name
of the sound says what goes wrong: ``crash`` ends the process, ``once`` does so the first time,
``hang`` waits for ever, ``eat`` fills the memory, ``keep`` keeps 120 MiB as long as it lives,
``wrong`` has a sentence, ``slow`` takes a while.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from model_core.base.files import atomic_path, discard_partial
from model_core.base.lock import alone_at

KEPT: list[bytearray] = []
DONE, ERROR, LOOK, MARKS, USER = "done", "error", "look", "marks", "user"  # of batch.work


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def marks_of(path: Path) -> list[str]:
    try:
        return json.loads(path.read_text())["marks"]
    except (OSError, ValueError, KeyError):
        return []


def misbehave(audio: Path) -> None:
    name = audio.stem
    first = audio.with_suffix(".tried")
    if name.startswith("once") and not first.exists():
        first.touch()
        os._exit(11)
    if name.startswith("crash"):
        print("out of luck", file=sys.stderr, flush=True)
        os._exit(11)
    if name.startswith("hang"):
        time.sleep(600)
    if name.startswith("eat"):
        held = []
        while len(held) < 100:  # 2 GiB, if nobody ends it
            held.append(bytearray(20 * 2**20))
            time.sleep(0.05)
    if name.startswith("keep"):
        KEPT.append(bytearray(120 * 2**20))
        time.sleep(0.6)
    if name.startswith("slow"):
        time.sleep(0.3)


def bake(work: dict) -> None:
    scene, audio = Path(work["scene"]), Path(work["audio"])
    output, *exports = [work[n] for n in ("output",) if n in work] + work["exports"]
    output = Path(output)
    discard_partial(output)
    with alone_at(output, 30), atomic_path(output) as temporary:
        marks = [*marks_of(scene), work["mark"]]
        temporary.write_text(json.dumps({"marks": marks, "half": "of the file ..."})[:40])
        misbehave(audio)
        if audio.stem.startswith("wrong"):
            raise ValueError("The scene has no object named 'Nobody'.")
        heard = ask_model(audio) if audio.stem.startswith("ask") else len(audio.read_bytes())
        temporary.write_text(json.dumps({"marks": marks, "heard": heard, "start": work["start"]}))
    for each in map(Path, exports):
        each.write_text(f"{heard} bytes as {each.suffix}")
    say(event=DONE, sentence=f"Baked {heard} bytes.", marks=marks, kept=[])


answers: list[dict] = []


def ask_model(audio: Path) -> int:
    say(event="model", request={"op": "predict", "id": 7, "audio": {"path": str(audio)}})
    while not answers:
        time.sleep(0.005)
    event = answers.pop()
    if event["event"] == "error":
        raise ValueError(event["message"])
    return event["frames"]


def listen() -> list[dict]:
    waiting: list[dict] = []

    def read() -> None:
        for line in sys.stdin:
            message = json.loads(line)
            if message["op"] != "model":
                waiting.append(message)
            elif message["event"]["event"] != "progress":
                answers.append(message["event"])
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return waiting


def main() -> None:
    log = os.environ.get("FAKE_BLENDER_LOG")
    waiting = listen()
    say(event="ready", pid=os.getpid(), blender="0.0 fake")
    while True:
        if not waiting:
            time.sleep(0.005)
            continue
        work = waiting.pop(0)
        if log:
            with Path(log).open("a") as file:
                file.write(json.dumps([os.getpid(), work["op"], work.get("output")]) + "\n")
        try:
            if work["op"] == LOOK:
                say(event=MARKS, marks=marks_of(Path(work["path"])))
            else:
                bake(work)
        except Exception as error:
            say(event=ERROR, kind=USER, message=str(error))


if __name__ == "__main__":
    main()
