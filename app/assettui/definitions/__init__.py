"""What users write: assets, their inputs and results, and the set of them that makes a project."""
