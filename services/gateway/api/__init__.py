"""The HTTP API under /api, the pages and what is sent on to ingest. Problem+json for every error."""
