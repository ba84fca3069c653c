"""Use cases of ingest: load, decide, save."""
