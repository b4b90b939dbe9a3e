"""What works with other systems: loaded by name, imported by nobody."""
