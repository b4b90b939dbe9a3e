"""The command line: one module per noun. Shows and asks; decides nothing."""
