"""Checks that need not be written: what is often wanted, ready to be given to an asset."""
