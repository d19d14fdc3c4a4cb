"""Commands of ``python -m model_core``: module ``evaluate_lips`` is the command evaluate-lips.

A command's module has ``add_parser(subparsers)``, which sets ``func`` to a function from the parsed
arguments to an exit status; it imports what is heavy only when run.
"""
