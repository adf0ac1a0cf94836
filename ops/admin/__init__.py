"""Django's admin is the portal: what of `ops` it serves, and the base of the engine's rows (`engine`)."""

import ops.jobs.admin
import ops.review.admin
import ops.tokens.admin  # noqa: F401 - they register themselves
