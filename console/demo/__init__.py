"""The demo: a living console on invented data, as `make run` brings it up."""
