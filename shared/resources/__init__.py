"""Settings objects declared once: the owner's side, and the copies that other services keep."""

from shared.resources.book import Book
from shared.resources.declaration import Declaration, Problem, unique_name
from shared.resources.owner import ResourceOwner
from shared.resources.replica import Replicas
from shared.resources.table import settings_table

__all__ = ["Book", "Declaration", "Problem", "Replicas", "ResourceOwner", "settings_table", "unique_name"]
