"""Finding the project, its settings, and hearing of edits. Imports none of the user's code."""
