"""The store: aggregates saved by compare-and-set with their events, projections, plain collections, files.

The only importer of the database driver. What the embedded server does otherwise than MongoDB is in
docs/adr/0020-embedded-store.md.
"""

from shared.store.aggregates import Aggregates
from shared.store.blobs import UPLOAD_PIECE, Blob, Blobs
from shared.store.client import Database, Store
from shared.store.decision import Decide, Decision, Outcome
from shared.store.indexes import ASCENDING, DESCENDING, Index
from shared.store.pages import Page
from shared.store.projection import Projection, Row
from shared.store.queries import Filter, Order
from shared.store.repository import Repository
from shared.store.trail import TrailEvent, TrailRecord, trail_body

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "UPLOAD_PIECE",
    "Aggregates",
    "Blob",
    "Blobs",
    "Database",
    "Decide",
    "Decision",
    "Filter",
    "Index",
    "Order",
    "Outcome",
    "Page",
    "Projection",
    "Repository",
    "Row",
    "Store",
    "TrailEvent",
    "TrailRecord",
    "trail_body",
]
