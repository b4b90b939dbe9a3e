"""Ops, graphs of them and jobs that are made of them: the second, older language, behind an asset or in a job."""
