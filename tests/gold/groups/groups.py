"""What scipy and statsmodels give for groups of runs that differ in their seed alone: `tests/gold/groups/groups.json`.

The tests that hold our own numbers beside these: `src/base/metric/statistics/two_sources.rs` and
`src/engine/run/groups/tests.rs`. Nothing of ours is read here.

    pip install scipy==1.17.1 statsmodels==0.15.0 numpy==2.4.6
    python tests/gold/groups/groups.py                 # writes tests/gold/groups/groups.json
    python tests/gold/groups/groups.py errors          # how often each test is wrong where there is no difference
"""

import json
import sys
from itertools import combinations, product
from pathlib import Path

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

random = np.random.default_rng(20240229)


def two_sources(gains, seeds):
    """Welch's t with one more term: the users."""
    gains = np.asarray(gains)
    terms = [(np.var(x, ddof=1) / len(x), len(x) - 1) for x in [*map(np.asarray, seeds), gains]]
    total = sum(v for v, _ in terms)
    degrees = total**2 / sum(v**2 / d for v, d in terms)
    error = total**0.5
    low, high = stats.t.interval(0.95, degrees, loc=gains.mean(), scale=error)
    return {
        "gain": gains.mean(), "error": error, "of_users": terms[-1][0] / total, "degrees": degrees,
        "p": 2 * stats.t.sf(abs(gains.mean()) / error, degrees), "low": low, "high": high,
    }


def welch_alone():
    """Without users that differ it is Welch's own test, which scipy has."""
    one, other = random.normal(0.3, 0.01, 4), random.normal(0.31, 0.03, 6)
    gains = np.full(10, one.mean() - other.mean())
    ours, theirs = two_sources(gains, [one, other]), stats.ttest_ind(one, other, equal_var=False)
    assert abs(ours["p"] - theirs.pvalue) < 1e-12 and abs(ours["degrees"] - theirs.df) < 1e-9, (ours, theirs)


def cases():
    for n_users, sizes, shift in [(12, [3, 3], 0.0), (100, [3, 5], 0.02), (40, [2, 2], 0.1), (60, [3], 0.01),
                                  (30, [10, 4], 0.3)]:
        seeds = [list(random.normal(0.3, 0.01 * (at + 1), n)) for at, n in enumerate(sizes)]
        gains = list(random.normal(shift, 0.1, n_users))
        yield {"gains": gains, "seeds": seeds, **two_sources(gains, seeds)}


def flips(d):
    found = stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided")
    return float(found.pvalue)


def signed_ranks(d):
    """Every sign of the ranks, ties by mid-rank: scipy's method="exact" overlooks ties."""
    d = d[d != 0]
    ranks = stats.rankdata(np.abs(d))
    sums = np.array([np.dot(signs, ranks) for signs in product([0, 1], repeat=len(d))])
    seen = min(ranks[d > 0].sum(), ranks[d < 0].sum())
    return min(1.0, 2 * float(np.mean(sums <= seen + 1e-9)))


def groups():
    """Three models of three seeds, twelve users, judged by MRR: the mean of 1 / rank."""
    base = random.integers(1, 9, 12)
    ranks = {
        name: [[int(max(1, r + worse + random.integers(-2, 3))) for r in base] for _ in range(3)]
        for name, worse in [("a", 0), ("b", 2), ("c", 1)]
    }
    values = {name: 1 / np.array(of) for name, of in ranks.items()}
    told = {"ranks": ranks, "groups": {}, "pairs": []}
    for name, of in values.items():
        runs = of.mean(axis=1)
        low, high = stats.t.interval(0.95, 2, loc=runs.mean(), scale=stats.sem(runs))
        told["groups"][name] = {"mean": runs.mean(), "deviation": runs.std(ddof=1), "low": low, "high": high}
    for one, other in combinations(values, 2):
        d = values[one].mean(axis=0) - values[other].mean(axis=0)
        d = np.round(d, 12)    # a mean over seeds has another last digit in another order
        both = two_sources(d, [values[one].mean(axis=1), values[other].mean(axis=1)])
        told["pairs"].append({"one": one, "other": other, **both, "d_z": d.mean() / d.std(ddof=1), "flips": flips(d),
                              "ranks": signed_ranks(d)})
    for key in ["flips", "ranks", "p"]:
        corrected = multipletests([pair[key] for pair in told["pairs"]], method="holm")[1]
        for pair, p in zip(told["pairs"], corrected):
            pair[f"{key}_holm"] = p
    return told


def errors(n_pairs=4000, n_users=300, n_seeds=3):
    """No difference, three seeds each: which share of pairs does a test at 5 % call different?"""
    for spread in [0.0, 0.005, 0.01, 0.02, 0.05]:
        wrong = np.zeros(4)
        for _ in range(n_pairs):
            user = random.normal(0, 0.3, n_users)
            runs = [
                user + random.normal(0, 0.2, n_users) + random.normal(0, spread, (n_seeds, 1))
                + random.normal(0, 0.1, (n_seeds, n_users))
                for _ in range(2)
            ]
            d = runs[0].mean(axis=0) - runs[1].mean(axis=0)
            means = [r.mean(axis=1) for r in runs]
            wrong += [
                two_sources(d, means)["p"] < 0.05, stats.ttest_1samp(d, 0).pvalue < 0.05,
                stats.ttest_ind(*means, equal_var=False).pvalue < 0.05,
                stats.ttest_1samp(runs[0][0] - runs[1][0], 0).pvalue < 0.05,
            ]
        names = ["users and seeds", "users, mean over seeds", "seeds alone (Welch)", "users, one run each"]
        print(f"seeds scatter by {spread}:", ", ".join(f"{n} {w / n_pairs:.3f}" for n, w in zip(names, wrong)))


if __name__ == "__main__":
    if sys.argv[1:] == ["errors"]:
        errors()
    else:
        welch_alone()
        plain = lambda x: float(x) if isinstance(x, np.floating) else x.item()
        path = Path(__file__).with_name("groups.json")
        path.write_text(json.dumps({"two_sources": list(cases()), "groups": groups()}, default=plain) + "\n")
