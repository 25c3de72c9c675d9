"""Settings, database, text."""
