"""A layered drawing of a graph, in character cells: data flows from left to right, edges are orthogonal. Pure functions.

The steps are those of Sugiyama, Tagawa and Toda (1981): each node gets a layer, long edges get a place in each layer that
they pass, the order within the layers is chosen for few crossings, then rows are chosen for straight edges, and edges are
routed through the channels between the layers. The result is integers from the beginning: a terminal has no half cells.
"""
