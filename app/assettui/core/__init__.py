"""Pure values and functions: no I/O, no clock, no threads. Time is a parameter."""
