"""Automation conditions: an algebra over sets of partitions, one operator a module; evaluated for the whole graph at once."""
