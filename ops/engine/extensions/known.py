"""The extensions there are."""

from ops.engine.extensions.extension import Extension
from ops.platform.errors import InvalidInput

EXTENSIONS = (
    Extension(
        name="indexes",
        version=1,
        purpose="Lists of runs and events answer in milliseconds at any size, whatever they are filtered by.",
        without="Lists and filters of a big table may be slow or time out.",
    ),
    Extension(
        name="guard",
        version=1,
        purpose="A cancelled or completed run stays so, whatever a worker reports afterwards.",
        without="Cancelling a running run is a request: its worker may overwrite it with its own result.",
    ),
)


def get(name: str) -> Extension:
    """The extension of that name; InvalidInput if there is none."""
    for extension in EXTENSIONS:
        if extension.name == name:
            return extension
    names = ", ".join(extension.name for extension in EXTENSIONS)
    raise InvalidInput({"name": f"No extension “{name}”. Available: {names}."})
