"""The child's side of execution: load the project, describe it, execute steps. Never imports the store."""
