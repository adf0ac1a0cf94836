"""Measurements: `make bench`. Not run with the tests.

BENCH_POSTGRESQL, BENCH_SQLITE and BENCH_SMALL set the numbers of runs, BENCH_DATABASE_URL names an empty
PostgreSQL database to use instead of a server started from a Python package. BENCH_BASELINE names a checkout
of another commit, whose answers over HTTP are put beside ours, CHOREO_BIN the engine's server.
"""
