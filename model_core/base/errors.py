"""The exceptions a user is meant to read."""


class UserError(Exception):
    """Bad input. The message is one sentence saying what is wrong and what to do about it.

    Command lines print it and exit with 2; the add-on reports it; neither shows a traceback.

    Attributes:
        code: what kind it is, for programs; empty where none has to tell it from others.
    """

    code = ""


class UndecodableError(UserError):
    """A sound file is there and readable, but not in a format that libsndfile decodes."""

    code = "undecodable"
