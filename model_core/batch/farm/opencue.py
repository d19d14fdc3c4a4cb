"""OpenCue: a job specification in XML, which `opencue.api.launchSpec` takes."""

import getpass
import shlex
import xml.etree.ElementTree as Et

from .farm import Farm

_DOCTYPE = (
    '<!DOCTYPE spec PUBLIC "SPI Cue  Specification Language" '
    '"http://localhost:8080/spcue/dtd/cjsl-1.15.dtd">'
)
_SHOW, _SHOT = "testing", "shots"  # a new OpenCue has this show


def opencue(farm: Farm) -> str:
    """Return a specification whose frames are the parts of the table."""
    spec = Et.Element("spec")
    _add(spec, "show", _SHOW)
    _add(spec, "shot", _SHOT)
    _add(spec, "user", getpass.getuser())
    job = Et.SubElement(spec, "job", {"name": farm.name})
    _add(job, "paused", "False")
    _add(job, "maxretries", "2")
    _add(job, "autoeat", "False")
    layer = Et.SubElement(Et.SubElement(job, "layers"), "layer", {"name": "bake", "type": "Render"})
    _add(layer, "cmd", shlex.join(farm.command("#IFRAME#")))
    _add(layer, "range", f"1-{farm.parts}")
    _add(layer, "chunk", "1")
    _add(layer, "cores", f"{farm.cores}.0")  # a whole number would be hundredths of one
    _add(layer, "threadable", "True")
    _add(layer, "memory", f"{farm.memory}m")
    _add(Et.SubElement(layer, "services"), "service", "shell")
    _add(spec, "depends", None)
    Et.indent(spec)
    return f'<?xml version="1.0"?>\n{_DOCTYPE}\n{Et.tostring(spec, "unicode")}\n'


def _add(parent: Et.Element, name: str, text: str | None) -> None:
    Et.SubElement(parent, name).text = text
