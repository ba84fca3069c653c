"""Calls to addresses that somebody else named (webhooks, files): never into our own house, bounded, no redirects."""

from shared.outside.client import Answer, Download, NoAnswer, Outside, Unreachable
from shared.outside.endpoint import checked, is_private, problem

__all__ = ["Answer", "Download", "NoAnswer", "Outside", "Unreachable", "checked", "is_private", "problem"]
