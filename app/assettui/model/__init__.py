"""Values, and nothing else: each noun once, as it is sent, recorded, read, given and printed."""
