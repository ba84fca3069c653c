"""Pure decisions of the ingest service."""
