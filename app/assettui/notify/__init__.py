"""Telling people: a notification as text and as JSON, and the ways in which it reaches them."""
