"""Errors that end a start: one line that says what is wrong and what to do."""


class StartupError(Exception):
    """Switchboard cannot start. The message is one whole line for the person at the keyboard."""

    exit_code = 1


class BadSetting(StartupError):
    """A setting is missing or wrong. Names the environment variable."""

    exit_code = 2
