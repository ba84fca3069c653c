"""Timed and background work of automation, a module for each of its parts."""
