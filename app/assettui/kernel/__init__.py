"""The one state machine: what follows from what happens, as values. No I/O, no clock, no threads."""
