"""A country's public holidays as dates, from the library ``holidays``. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """The public holidays of a country or of one subdivision: ``date in PublicHolidays("ES", "MD")``.

    Codes as in ISO 3166, upper case. ``ValueError`` for one the library does not know.
    """

    country: str
    subdivision: str | None = None

    def __post_init__(self) -> None:
        try:
            _dates(self.country, self.subdivision, 2026)
        except NotImplementedError as unknown:
            raise ValueError(f"no public holidays to import: {unknown}") from None

    def __contains__(self, day: date) -> bool:
        return day in _dates(self.country, self.subdivision, day.year)


@lru_cache(maxsize=4096)
def _dates(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    from holidays import country_holidays  # a third of a second, paid only where holidays are imported

    return frozenset(country_holidays(country, subdiv=subdivision, years=year))
