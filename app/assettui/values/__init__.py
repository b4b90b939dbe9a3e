"""Values of assets: formats, versions, atomic writes. Knows nothing of runs, steps or the store."""
