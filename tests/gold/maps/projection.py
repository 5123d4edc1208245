"""Writes the numbers by which maps are held (`src/engine/explain/inside`): principal components by numpy, the fuzzy
set of UMAP and the curve of its distances by umap-learn, trustworthiness by scikit-learn.

    pip install numpy==2.4.6 scikit-learn==1.9.1 umap-learn==0.5.12
    python tests/gold/maps/projection.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
import umap
from sklearn.manifold import trustworthiness
from umap.umap_ import find_ab_params, fuzzy_simplicial_set, nearest_neighbors, smooth_knn_dist

N, WIDTH, N_NEIGHBORS = 70, 6, 10


def vectors():
    """Four heaps of unlike width on a bent line; the last point is where the one before it is."""
    random = np.random.default_rng(20261130)
    heap = np.arange(N) % 4
    line = np.stack([3.0 * heap, heap**2, -1.5 * heap, np.zeros(N), np.ones(N), 0.5 * heap], axis=1)
    drawn = line + random.normal(size=(N, WIDTH)) * (0.2 + 0.3 * heap)[:, None]
    drawn[-1] = drawn[-2]
    return drawn.astype(np.float32)


def main():
    x = vectors()
    centred = x.astype(np.float64) - x.astype(np.float64).mean(axis=0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    axes *= signs[:, None]
    plane = centred @ axes[:2].T

    indices, distances, _ = nearest_neighbors(x, N_NEIGHBORS, "euclidean", None, False, np.random.RandomState(0))
    sigmas, rhos = smooth_knn_dist(distances.astype(np.float32), float(N_NEIGHBORS))
    fuzzy, _, _ = fuzzy_simplicial_set(
        x, N_NEIGHBORS, np.random.RandomState(0), "euclidean", knn_indices=indices, knn_dists=distances
    )
    fuzzy = fuzzy.tocoo()
    a, b = find_ab_params(1.0, 0.1)
    embedded = umap.UMAP(n_neighbors=N_NEIGHBORS, init="pca", random_state=1).fit_transform(x)
    written = {
        "versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__, "umap-learn": umap.__version__},
        "width": WIDTH,
        "n_neighbors": N_NEIGHBORS,
        "vectors": x.reshape(-1).astype(float).tolist(),
        "shares": (singular**2 / (singular**2).sum()).tolist(),
        "axes": axes.tolist(),
        "plane": plane.tolist(),
        "sigmas": sigmas.astype(float).tolist(),
        "rhos": rhos.astype(float).tolist(),
        "fuzzy": sorted([int(i), int(j), float(w)] for i, j, w in zip(fuzzy.row, fuzzy.col, fuzzy.data)),
        "a": float(a),
        "b": float(b),
        # Of points in one place none is nearer than the other, so the last is left out.
        "trustworthiness_of_plane": {str(k): trustworthiness(x[:-1], plane[:-1], n_neighbors=k) for k in (3, 10)},
        "trustworthiness_of_umap": {str(k): trustworthiness(x, embedded, n_neighbors=k) for k in (3, 10)},
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(written, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
