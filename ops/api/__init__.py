"""The API door: what every address under /api stands on. An app's `api.py` declares, this package does."""
