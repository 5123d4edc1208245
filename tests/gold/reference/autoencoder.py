"""Plain autoencoders over bags of items: of several hidden layers, and of none but the middle."""

import torch
import torch.nn.functional as F
from torch import nn

from .common import HISTORIES, N_ITEMS, Case, dense
from .vae import negative_log_likelihood


class Autoencoder(nn.Module):
    def __init__(self, widths, recency):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(d_in, d_out) for d_in, d_out in zip(widths, widths[1:]))
        self.recency = recency

    def bag(self, items):
        bag = torch.zeros(N_ITEMS)
        for age, item in enumerate(reversed(items)):
            bag[item - 1] = max(bag[item - 1], self.recency**age)
        return bag

    def forward(self, bags):
        rows = F.normalize(bags)
        for layer in self.layers[:-1]:
            rows = torch.tanh(layer(rows))
        return self.layers[-1](rows)

    def logits(self, items):
        """Scores from every prefix; for no items, those of the empty bag. [T, n_items + 1]"""
        prefixes = [items[: t + 1] for t in range(len(items))] or [[]]
        return F.pad(self(torch.stack([self.bag(prefix) for prefix in prefixes])), (1, 0))


class AutoencoderCase(Case):
    def expected(self):
        return {f"scores.{row}": self.module.logits(items) for row, items in enumerate(HISTORIES)}

    def loss(self, step):
        """Users without events do not count."""
        bags = torch.stack([self.module.bag(items) for items in HISTORIES if items])
        targets = (bags > 0).to(bags)
        n_events = int(targets.sum())
        nll = negative_log_likelihood(self.spec["likelihood"], self.module(bags), targets)
        return nll / n_events, n_events, None


def autoencoder_case(name, spec):
    hidden = [spec["d_hidden"]] * spec["n_hidden"]
    model = Autoencoder([N_ITEMS, *hidden, spec["d_latent"], *hidden, N_ITEMS], spec["recency"])
    tensors = {}
    for at, layer in enumerate(model.layers):
        tensors |= dense(f"layers.{at}", layer)
    optimizer = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.05, "clip_norm": 0.0, "lr": 0.01}
    return AutoencoderCase(name, "Autoencoder", model, tensors, spec, optimizer)


def cases():
    shared = {"d_hidden": 18, "d_latent": 7, "corruption": 0.0}
    deep = shared | {"n_hidden": 2, "likelihood": "Multinomial", "recency": 0.8}
    shallow = shared | {"n_hidden": 0, "likelihood": "Bernoulli", "recency": 1.0}
    return [autoencoder_case("autoencoder", deep), autoencoder_case("autoencoder_bernoulli", shallow)]
