"""The leader: takes runs from the queue, has their steps executed, and records what becomes of them."""
