"""The parent's side of execution: in process, or in workers that it starts, watches and ends."""
