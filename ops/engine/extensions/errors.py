"""Why an extension can't be changed."""


class Refused(Exception):
    """Nothing was changed; the message says what is missing."""
