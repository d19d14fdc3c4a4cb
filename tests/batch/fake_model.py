"""A model's process for tests of batches: a sound has as many frames as its file has bytes.

A sound called ``...once`` ends the process the first time, ``...die`` always.
It has no graphics card.
"""

import json
import os
import sys
from pathlib import Path

for line in sys.stdin:
    request = json.loads(line)
    if request["op"] != "predict":
        continue
    sound = Path(request["audio"]["path"])
    tried = sound.with_suffix(".heard")
    if sound.stem.endswith("die") or (sound.stem.endswith("once") and not tried.exists()):
        tried.touch()
        print("Segmentation fault (not really)", file=sys.stderr, flush=True)
        os._exit(139)
    answer = {"event": "done", "frames": sound.stat().st_size}
    if request.get("device") == "cuda":
        answer = {"event": "error", "message": "There is no such card."}
    for event in ({"event": "progress", "fraction": 0.5}, answer):
        print(json.dumps(event | {"id": request["id"]}), flush=True)
