"""Cookies: an introduction to thinking in assets.

A recipe names what there is to be had (flour, dough, cookies), not what is to be done. Each thing is an asset; each
function makes one, from those that its parameters name. Open it with `assettui demo cookies`, and watch it being built;
press `M` on `cookies` to see what leads to them, in which order.

Then add peanuts: uncomment the line in `dough`, change its `code_version`, and look. The dough is stale, because its
code has changed; the cookies are stale, because the dough is. The ingredients are as fresh as they were.
"""

from __future__ import annotations

from assettui import AssetExecutionContext, asset


@asset(group_name="ingredients", kinds=["bowl"])
def wet_ingredients() -> list[str]:
    """What is beaten: butter, sugar, eggs."""
    return ["butter", "sugar", "eggs"]


@asset(group_name="ingredients", kinds=["bowl"])
def dry_ingredients() -> list[str]:
    """What is sifted: flour, baking powder, salt."""
    return ["flour", "baking powder", "salt"]


@asset(group_name="ingredients", kinds=["bowl"])
def peanuts() -> list[str]:
    """What makes them better."""
    return ["peanuts"]


@asset(group_name="kitchen", code_version="1")
def dough(wet_ingredients: list[str], dry_ingredients: list[str], peanuts: list[str]) -> list[str]:
    """Wet and dry ingredients, mixed."""
    return [
        *wet_ingredients,
        *dry_ingredients,
        # *peanuts,
    ]


@asset(group_name="kitchen", code_version="1")
def cookies(context: AssetExecutionContext, dough: list[str]) -> list[str]:
    """Dough, baked for twelve minutes at 180 °C."""
    context.log.info("baking %d ingredients", len(dough))
    return [f"cookie {number} with {dough[-1]}" for number in range(1, 13)]
