"""Open Job Description, as AWS Deadline Cloud and others take it: a template in JSON."""

import json
from typing import Any

from .farm import Farm

_CANCEL_SECONDS = 60


def openjd(farm: Farm) -> str:
    """Return a job template of the specification 2023-09."""
    template = {
        "specificationVersion": "jobtemplate-2023-09",
        "name": farm.name,
        "parameterDefinitions": _parameters(farm),
        "steps": [_step(farm)],
    }
    return json.dumps(template, indent=2) + "\n"


def _parameters(farm: Farm) -> list[dict[str, Any]]:
    return [  # a default of the type PATH must be relative to the template
        {"name": "Table", "type": "STRING", "default": str(farm.table)},
        {"name": "Parts", "type": "INT", "default": farm.parts, "minValue": 1},
        {"name": "Python", "type": "STRING", "default": farm.python},
        {"name": "Blender", "type": "STRING", "default": farm.blender},
        {"name": "Blenders", "type": "INT", "default": farm.blenders, "minValue": 1},
    ]


def _step(farm: Farm) -> dict[str, Any]:
    asked = farm.command()
    told = {
        farm.python: "{{Param.Python}}",
        str(farm.table): "{{Param.Table}}",
        asked[asked.index("--blender") + 1]: "{{Param.Blender}}",
    }
    words = [told.get(word, word) for word in asked]
    words[words.index("--blenders") + 1] = "{{Param.Blenders}}"
    words[words.index("--shard") + 1] = "{{Task.Param.Part}}/{{Param.Parts}}"
    part = {"name": "Part", "type": "INT", "range": "1-{{Param.Parts}}"}
    needs = {"amount.worker.vcpu": farm.cores, "amount.worker.memory": farm.memory}
    run = {
        "command": words[0],
        "args": words[1:],
        "timeout": farm.seconds,
        "cancelation": {
            "mode": "NOTIFY_THEN_TERMINATE",
            "notifyPeriodInSeconds": _CANCEL_SECONDS,
        },
    }
    return {
        "name": "Bake",
        "parameterSpace": {"taskParameterDefinitions": [part]},
        "hostRequirements": {"amounts": [{"name": n, "min": least} for n, least in needs.items()]},
        "script": {"actions": {"onRun": run}},
    }
