"""The one exception a user is meant to read."""


class UserError(Exception):
    """Bad input. The message is one sentence saying what is wrong and what to do about it.

    Command lines print it and exit with 2; the add-on reports it; neither shows a traceback.
    """
