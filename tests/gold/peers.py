"""What other libraries give for the small cases in which we count otherwise, or the same.

The tests that hold our own numbers beside these name this file: `src/base/metric/statistics/wilcoxon.rs` and
`tests/it/peers.rs`.

    pip install scipy==1.17.1 scikit-learn==1.9.1 statsmodels==0.15.0 pingouin==0.7.0 pmdarima==2.1.1 numpy==2.4.6
    python tests/gold/peers.py
    pip install rectools==0.19.0 lenskit==2025.8.1 'numpy<2' 'pyarrow<21'     # in another environment
    python tests/gold/peers.py lists
"""

import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")

# Thirty counts that rise and have a rhythm.
COUNTS = [12, 15, 11, 18, 22, 17, 14, 19, 25, 21, 16, 20, 27, 24, 18, 23, 30, 26, 21, 25, 32, 28, 24, 27, 35, 30, 26,
          31, 38, 33]


def rank_tests():
    """scipy.stats.wilcoxon by its default and, where every sign can be tried, by trying them."""
    from itertools import product

    from scipy.stats import rankdata, wilcoxon

    def tried(differences):
        d = [x for x in differences if x != 0]
        ranks = rankdata(np.abs(d))
        sums = np.array([np.dot(signs, ranks) for signs in product([0, 1], repeat=len(d))])
        seen = min(sum(r for r, x in zip(ranks, d) if x > 0), sum(r for r, x in zip(ranks, d) if x < 0))
        return min(1.0, 2 * np.mean(sums <= seen))

    distinct = [1, -2, 3, 4, -5, 6, 7, 8, 9, 10, 11, 12, 13]
    cases = {
        "four gains": [1] * 4,
        "four gains, a zero": [1] * 4 + [0],
        "11 of 13 gain": [1] * 11 + [-1] * 2,
        "11 of 14 gain": [1] * 11 + [-1] * 3,
        "15 of 20 gain": [1] * 15 + [-1] * 5,
        "32 of 50 gain": [1] * 32 + [-1] * 18,
        "33 of 51 gain": [1] * 33 + [-1] * 18,
        "13 distinct": distinct,
        "13 distinct, a zero": distinct + [0],
        "zeros and ties": [0, 1, -1, 2, 2, -2, 3, 0, 4, 5, -1, 6, 2, 1],
        "Hollander & Wolfe": [0.952, -0.147, 1.022, 0.43, 0.62, 0.59, 0.49, -0.08, 0.01],
        "one": [1],
        "60": [((i * 37) % 61 - 20) / 10 for i in range(60)],
    }
    for name, differences in cases.items():
        found = wilcoxon(differences)
        whole = tried(differences) if len(differences) <= 20 else None
        print(f"wilcoxon, {name}: statistic {found.statistic}, p {float(found.pvalue)!r}, every sign {whole!r}")


def effects():
    """Cohen's d of pingouin beside mean over deviation of the differences."""
    import pingouin

    after, before = [3, 4, 5, 6], [1, 3, 5, 4]
    d = np.subtract(after, before)
    print("pingouin, paired:", float(pingouin.compute_effsize(after, before, paired=True, eftype="cohen")))
    print("mean / deviation:", float(d.mean() / d.std(ddof=1)))


def rankings():
    """NDCG of scikit-learn where the true item is tied with two others, and with 19."""
    from sklearn.metrics import ndcg_score

    print("scikit-learn, tied with 2:", ndcg_score([[1, 0, 0]], [[0.5] * 3]))
    print("scikit-learn, tied with 19, k = 10:", ndcg_score([[1] + [0] * 19], [[0.5] * 20], k=10))


def probabilities():
    """Bins and the floor of probabilities of scikit-learn."""
    from sklearn.calibration import calibration_curve
    from sklearn.metrics import log_loss

    frequency, confidence = calibration_curve([1, 0, 0], [0.2, 0.17, 0.25], n_bins=15)
    print("scikit-learn, bins of .2, .17 and .25:", frequency.tolist(), confidence.tolist())
    print("scikit-learn, log loss of a yes at 0:", log_loss([1], [0.0], labels=[0, 1]))


def forecasts():
    """statsmodels (exact likelihood) and pmdarima (a drift at d = 1) beside the conditional sum of squares."""
    import pmdarima
    from scipy.optimize import minimize
    from statsmodels.tsa.arima.model import ARIMA

    counts = np.array(COUNTS, float)
    for order in [(0, 0, 1), (0, 1, 0), (0, 1, 1)]:
        found = ARIMA(counts, order=order).fit()
        print("statsmodels", order, dict(zip(found.param_names, map(float, found.params))), found.forecast(3).tolist())

    def conditional(row, p, q, has_level):
        def errors(point):
            ar, ma, level = point[:p], point[p:p + q], point[-1] if has_level else 0.0
            found = []
            for at in range(max(p, q), len(row)):
                back = sum(ar[i] * (row[at - 1 - i] - level) for i in range(p))
                shocks = sum(ma[i] * found[-1 - i] for i in range(min(q, len(found))))
                found.append(row[at] - level - back - shocks)
            return np.array(found)

        starts = [[a] * p + [m] * q + ([row.mean()] if has_level else []) for a in (-0.5, 0.0, 0.5) for m in (-0.5, 0.5)]
        fits = [minimize(lambda x: (errors(x) ** 2).sum(), s, method="Nelder-Mead",
                         options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 20000, "maxfev": 20000}) for s in starts]
        best = min((f for f in fits if all(abs(x) < 1 for x in f.x[:p + q])), key=lambda f: f.fun)
        return best.x.tolist(), best.fun

    print("conditional (0, 0, 1): ma, level", conditional(counts, 0, 1, True))
    print("conditional (0, 1, 1): ma", conditional(np.diff(counts), 0, 1, False))
    found = pmdarima.ARIMA(order=(0, 1, 0)).fit(counts)
    print("pmdarima (0, 1, 0): drift, variance", found.params().tolist(), found.predict(3).tolist())


def rank_correlations():
    from scipy.stats import kendalltau, spearmanr

    # With ties on both sides and on one, and without; asserted in `rank_correlation.rs`.
    for name, a, b in [
        ("ties", [1, 2, 2, 3, 5, 8, 8, 8, 0.5, -1], [2, 1, 4, 4, 4, 9, 7, 8, 0, 0]),
        ("one side", [0, 0, 0, 1, 1, 2], [3, 1, 2, 6, 4, 5]),
        ("none", [0.1, -2, 7, 3, 11, 5, 4], [4, 2, 5, 9, 1, 8, 3]),
    ]:
        found = float(spearmanr(a, b).statistic), float(kendalltau(a, b).statistic)
        print(f"rank correlation, {name}: rho {found[0]!r}, tau {found[1]!r}")


def lists():
    """NDCG@10 of RecTools and LensKit with the one true item at a place."""
    import pandas as pd
    from rectools import Columns
    from rectools.metrics import MRR, NDCG

    shown = pd.DataFrame({Columns.User: [1] * 20, Columns.Item: range(1, 21), Columns.Rank: range(1, 21)})
    for place in (1, 2, 3, 12):
        truth = pd.DataFrame({Columns.User: [1], Columns.Item: [place]})
        achievable = NDCG(k=10, divide_by_achievable=True).calc(shown, truth)
        print(f"RecTools, place {place}: {NDCG(k=10).calc(shown, truth)}, divided by what can be had {achievable}, "
              f"MRR@10 {MRR(k=10).calc(shown, truth)}")
    from lenskit.data import ItemList
    from lenskit.metrics import NDCG as LensKitNdcg

    ranked = ItemList(item_ids=list(range(1, 21)), ordered=True)
    for place in (1, 2, 3, 4):
        print(f"LensKit, place {place}:", LensKitNdcg(10).measure_list(ranked, ItemList(item_ids=[place])))


if __name__ == "__main__":
    if "lists" in sys.argv[1:]:
        lists()
    else:
        for part in (rank_tests, rank_correlations, effects, rankings, probabilities, forecasts):
            part()
