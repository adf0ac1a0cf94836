"""The fourth door: an operation over any number of ids, durable, on a frozen list."""
