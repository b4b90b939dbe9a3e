"""Selections of assets: an algebra, and the text in which each of its expressions can be written."""
