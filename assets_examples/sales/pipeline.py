"""The smallest pipeline there is: two assets, and no Definitions object."""

from __future__ import annotations

from assettui import asset


@asset
def sales() -> list[dict[str, str | int]]:
    """What was sold, and where."""
    return [{"country": "PE", "amount": 150}, {"country": "CL", "amount": 80}]


@asset
def total_by_country(sales: list[dict[str, str | int]]) -> dict[str, int]:
    """What was sold in each country."""
    totals: dict[str, int] = {}
    for sale in sales:
        country = str(sale["country"])
        totals[country] = totals.get(country, 0) + int(sale["amount"])
    return totals
