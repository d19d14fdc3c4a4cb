"""Flamenco: a job type in JavaScript, put into the Manager's folder ``scripts``."""

import json
from typing import Any

from .farm import Farm

_CODE = """
function compileJob(job) {
  const settings = job.settings;
  for (let part = 1; part <= settings.parts; part++) {
    const task = author.Task(`part ${part} of ${settings.parts}`, "misc");
    task.addCommand(author.Command("exec", {
      exe: settings.python,
      args: [
        "-m", "model_core", "batch", settings.table,
        "--blender", settings.blender,
        "--blenders", String(settings.blenders),
        "--shard", `${part}/${settings.parts}`,
      ].concat(OPTIONS),
    }));
    job.addTask(task);
  }
}
"""


def flamenco(farm: Farm) -> str:
    """Return a job type whose settings are filled in, and may be changed when it is submitted."""
    kind = {
        "label": "JambaTalk batch",
        "description": "Bakes a table of jobs in parts, a task each",
        "settings": _settings(farm),
    }
    return (
        f"// Put this into the Manager's folder scripts; tasks are of the type misc.\n"
        f"const JOB_TYPE = {json.dumps(kind, indent=2)};\n"
        f"const OPTIONS = {json.dumps(list(farm.options))};\n{_CODE}"
    )


def _settings(farm: Farm) -> list[dict[str, Any]]:
    return [
        {
            "key": "table",
            "type": "string",
            "subtype": "file_path",
            "required": True,
            "default": str(farm.table),
            "description": "The table of jobs, where all workers see it",
        },
        _number("parts", farm.parts, "How many tasks share the table"),
        _number("blenders", farm.blenders, "How many Blenders bake at once in a task"),
        _text("python", farm.python, "Python in which model_core is installed, on the workers"),
        _text("blender", farm.blender, "Blender with JambaTalk, or a Python with bpy"),
    ]


def _number(key: str, value: int, text: str) -> dict[str, Any]:
    return {"key": key, "type": "int32", "required": True, "default": value, "description": text}


def _text(key: str, value: str, text: str) -> dict[str, Any]:
    return {"key": key, "type": "string", "required": True, "default": value, "description": text}
