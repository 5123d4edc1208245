"""References of the model families, one file each."""
