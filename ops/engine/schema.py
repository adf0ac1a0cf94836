"""Whether the engine's tables are what this version of the console knows."""


def require_writable() -> None:
    """Raise EngineMismatch unless operations may change the engine's rows."""
