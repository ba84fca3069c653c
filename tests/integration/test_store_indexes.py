"""Indexes over releases: what a release declares otherwise is made anew, what is the same is left alone."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry
from pydantic import BaseModel

from shared.errors import Conflict
from shared.store import ASCENDING, Index, Repository, Store

pytestmark = pytest.mark.integration


class Town(BaseModel):
    id: str
    name: str
    country: str


async def test_an_index_that_is_declared_otherwise_is_made_anew(mongo_url: str, prefix: str) -> None:
    store = await Store.connect(mongo_url, prefix, embedded=True, metrics=CollectorRegistry())
    database = store.database("test")
    by_name = Index("name", (("name", ASCENDING),))
    former = Repository(database, "towns", Town, indexes=(by_name,))
    await former.start()
    assert await former.insert(Town(id="1", name="León", country="ES"))
    unique = Index("name", (("name", ASCENDING), ("country", ASCENDING)), unique=True)
    for _ in range(2):
        later = Repository(database, "towns", Town, indexes=(unique,))
        await later.start()
    with pytest.raises(Conflict):
        await later.insert(Town(id="2", name="León", country="ES"))
    assert await later.insert(Town(id="3", name="León", country="MX"))
    await store.close()
