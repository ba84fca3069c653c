"""A country's public holidays as dates, from the library ``holidays``. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """The public holidays of a country or of one subdivision: ``date in PublicHolidays("ES", "MD")``.

    Codes as in ISO 3166, upper case. ``ValueError``, naming those that would do, for one the library does not know.
    """

    country: str
    subdivision: str | None = None

    def __post_init__(self) -> None:
        refuse_unknown_country(self.country)
        if self.subdivision is not None:
            refuse_unknown_subdivision(self.country, self.subdivision)

    def __contains__(self, day: date) -> bool:
        return day in _dates(self.country, self.subdivision, day.year)


def refuse_unknown_country(country: str) -> None:
    """``ValueError`` for a country whose public holidays nobody keeps."""
    if country not in countries():
        raise ValueError(f"{country!r} has no public holidays to import; give one of {', '.join(countries())}")


def refuse_unknown_subdivision(country: str, subdivision: str) -> None:
    """``ValueError`` for a region without holidays of its own. The country must be a known one."""
    known = subdivisions(country)
    if not known:
        raise ValueError(f"{country} has no regions with holidays of their own; leave the region out")
    if subdivision not in known:
        raise ValueError(f"{country} has no region {subdivision!r}; give one of {', '.join(known)}, or none")


@lru_cache(maxsize=1)
def countries() -> tuple[str, ...]:
    """Codes of the countries that can be imported, in order."""
    from holidays.registry import COUNTRIES  # a third of a second, paid only where holidays are imported

    return tuple(sorted(codes[1] for codes in COUNTRIES.values()))


@lru_cache(maxsize=256)
def subdivisions(country: str) -> tuple[str, ...]:
    """Codes of a country's regions with holidays of their own, in order; the country must be a known one."""
    from holidays import country_holidays

    return tuple(sorted(country_holidays(country).subdivisions))


@lru_cache(maxsize=4096)
def _dates(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    from holidays import country_holidays

    return frozenset(country_holidays(country, subdiv=subdivision, years=year))
