"""The console's settings, with static files that nobody has to collect first."""

from console.settings import *  # noqa: F403 - the same but for one value
from console.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
