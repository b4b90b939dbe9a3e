"""How each noun looks: rows of a table, lines of a detail. Pure functions; a screen colors what they give, a command prints it."""
