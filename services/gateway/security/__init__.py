"""Passwords, tokens and rate limits: what stands between strangers and the API."""
