"""Django's backend for PostgreSQL, whose connections don't wait for ever."""
