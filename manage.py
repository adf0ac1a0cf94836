#!/usr/bin/env python
"""Entry point of every management command."""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line

from console.environment import require_usable

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    if sys.argv[1:2] != ["check"]:  # which tells of all faults in Django's own way
        require_usable(settings.FAULTS)
    execute_from_command_line(sys.argv)
