"""Looking at values with polars: a table that is opened lazily, its pages, what it exports. Only a viewer imports this."""
