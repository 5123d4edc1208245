#!/usr/bin/env bash
# SciPy 1.17.1, scipy.stats.wilcoxon: with ties or a zero, the default counts the distribution out up to 13 pairs and
# takes it as normal from 14 on, without a word; method="exact" then uses the distribution of ranks without ties.
# Differences of hits are always tied: of 14 users, 11 that hit and 3 that miss give p = .0325 by default and .0676 as
# "exact", where trying all 2^14 patterns of signs gives .0574, twice the tail of Binomial(14, 1/2). One user that
# does not differ changes the p of 13 that do, though zeros are said to be dropped: .0071 in place of .0046.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
"$folder/venv/bin/python" -W error - <<'PYTHON'
from itertools import product

import numpy as np
import scipy
from scipy.stats import rankdata, wilcoxon


def tried(differences):
    d = np.array([x for x in differences if x != 0], float)
    ranks = rankdata(np.abs(d))
    sums = np.array([np.dot(signs, ranks) for signs in product([0, 1], repeat=len(d))])
    return 2 * np.mean(sums <= min(ranks[d > 0].sum(), ranks[d < 0].sum()))


hits = [1] * 11 + [-1] * 3
distinct = [1, -2, 3, 4, -5, 6, 7, 8, 9, 10, 11, 12, 13]
seen = {
    "11 of 14 hit, default": (wilcoxon(hits).pvalue, 0.0325),
    "11 of 14 hit, method=exact": (wilcoxon(hits, method="exact").pvalue, 0.0676),
    "11 of 14 hit, every sign": (tried(hits), 0.0574),
    "11 of 13 hit, default": (wilcoxon(hits[:13]).pvalue, 0.0225),
    "11 of 13 hit, every sign": (tried(hits[:13]), 0.0225),
    "13 distinct, default": (wilcoxon(distinct).pvalue, 0.0046),
    "13 distinct and a zero, default": (wilcoxon(distinct + [0]).pvalue, 0.0071),
    "13 distinct and a zero, every sign": (tried(distinct + [0]), 0.0046),
}
print("SciPy", scipy.__version__)
for name, (found, wanted) in seen.items():
    print(f"{name}: {found:.6f}")
changed = [name for name, (found, wanted) in seen.items() if abs(found - wanted) > 6e-5]
if changed:
    raise SystemExit(f"no longer so: {', '.join(changed)}")
PYTHON
