#!/usr/bin/env bash
# Pingouin 0.7.0, ttest(x, y, paired=True): the table's `cohen_d` is the mean difference over the mean deviation of the
# two samples (d_av), beside a `T` that is of the differences. d_z, which is T / sqrt(n) and what power analyses of
# paired tests take, is another number: 3, 4, 5, 6 after 1, 3, 5, 4 give T = 2.611, so d_z = 1.306, and cohen_d = .826.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pingouin==0.7.0 numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import pingouin

after, before = [3, 4, 5, 6], [1, 3, 5, 4]
table = pingouin.ttest(after, before, paired=True)
t, d = (float(table[name].iloc[0]) for name in ("T", "cohen_d"))
differences = np.subtract(after, before)
d_z = differences.mean() / differences.std(ddof=1)
print("Pingouin", pingouin.__version__)
print(f"T {t:.6f}, T / sqrt(n) {t / 2:.6f}, mean / deviation of the differences {d_z:.6f}, cohen_d {d:.6f}")
if abs(t / 2 - d_z) > 1e-6 or abs(d - 0.825723) > 1e-5:
    raise SystemExit("no longer so")
PYTHON
