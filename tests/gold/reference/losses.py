"""The losses of next-item models on given states, item vectors and draws, by PyTorch's own parts and autograd."""

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

from .common import FOLDER

N_ROWS, N_ITEMS, D_MODEL, N_DRAWN, GBCE_T, SMOOTHING = 7, 11, 5, 4, 0.75, 0.1


def given():
    """States, item vectors with padding in row 0, targets, draws (some are the target), and counts of items."""
    generator = torch.Generator().manual_seed(3)
    normal = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)
    draw = lambda *shape: torch.randint(1, N_ITEMS + 1, shape, generator=generator)
    counts = torch.randint(0, 30, (N_ITEMS,), generator=generator)
    return normal(N_ROWS, D_MODEL), normal(N_ITEMS + 1, D_MODEL), draw(N_ROWS), draw(N_ROWS, N_DRAWN), counts


def of_row(name, scores, target, drawn, chance):
    """The loss of one row, from its scores of all items but padding; item i is at i - 1."""
    positive, others = scores[target - 1], [item for item in drawn if item != target]
    negative = scores[[item - 1 for item in others]]
    if name == "full":
        return F.cross_entropy(scores.unsqueeze(0), torch.tensor([target - 1]), label_smoothing=SMOOTHING)
    if name.startswith("sampled"):
        expected = torch.tensor([N_DRAWN * chance[item - 1] for item in others], dtype=torch.float64)
        logits = torch.cat([positive.unsqueeze(0), negative - expected.log()])
        return F.cross_entropy(logits.unsqueeze(0), torch.tensor([0]))
    if name == "bpr":
        return -F.logsigmoid(positive - negative).sum() / N_DRAWN
    if name == "bce":
        return -F.logsigmoid(positive) - F.logsigmoid(-negative).sum() / N_DRAWN
    alpha = N_DRAWN / (N_ITEMS - 1)
    beta = alpha * (GBCE_T * (1 - 1 / alpha) + 1 / alpha)
    return -(beta * F.logsigmoid(positive) + F.logsigmoid(-negative).sum()) / (N_DRAWN + 1)


def write():
    hidden, items, targets, drawn, counts = given()
    by_counts = counts.clamp(min=1).double() ** 0.75
    chances = {"sampled_popularity": (by_counts / by_counts.sum()).tolist()}
    tensors = {"hidden": hidden, "items": items, "targets": targets, "drawn": drawn, "counts": counts}
    for name in ["full", "sampled_uniform", "sampled_popularity", "bce", "gbce", "bpr"]:
        h, v = hidden.clone().requires_grad_(), items.clone().requires_grad_()
        scores = h @ v[1:].T
        chance = chances.get(name, [1 / N_ITEMS] * N_ITEMS)
        rows = zip(scores, targets.tolist(), drawn.tolist())
        loss = sum(of_row(name, row, target, ones, chance) for row, target, ones in rows)
        loss.backward()
        tensors |= {f"{name}.loss": loss.detach().reshape(1), f"{name}.d_hidden": h.grad, f"{name}.d_items": v.grad}
    arrays = {name: np.ascontiguousarray(tensor.numpy(), dtype=np.float32) for name, tensor in tensors.items()}
    save_file(arrays, str(FOLDER / "losses_expected.safetensors"))
