"""The work of `open.rs` in polars: read a CSV, sort by user and time, code users and items densely.

    python3 tests/bench/open.py LOG.csv

Prints seconds and peak memory in megabytes.
"""

import resource
import sys
import time

import polars as pl

start = time.perf_counter()
frame = pl.read_csv(sys.argv[1]).sort("user_id", "timestamp", maintain_order=True)
frame = frame.with_columns(pl.col("user_id").rank("dense"), pl.col("item_id").rank("dense"))
assert frame.height > 0
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
