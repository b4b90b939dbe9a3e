"""Partitions of assets: how they are named, which there are at a moment, sets of them, and how those of two assets relate."""
