"""The multinomial VAE."""

import torch
import torch.nn.functional as F
from torch import nn

from .common import HISTORIES, N_ITEMS, NOISE_STATES, Case, dense, normals


class MultVae(nn.Module):
    def __init__(self, d_hidden, d_latent, recency):
        super().__init__()
        self.encoder = nn.Linear(N_ITEMS, d_hidden)
        self.mean = nn.Linear(d_hidden, d_latent)
        self.log_variance = nn.Linear(d_hidden, d_latent)
        self.decoder = nn.Linear(d_latent, d_hidden)
        self.output = nn.Linear(d_hidden, N_ITEMS)
        self.recency = recency

    def bag(self, items):
        bag = torch.zeros(N_ITEMS)
        for age, item in enumerate(reversed(items)):
            bag[item - 1] = max(bag[item - 1], self.recency**age)
        return bag

    def encode(self, bags):
        hidden = torch.tanh(self.encoder(F.normalize(bags)))
        return self.mean(hidden), self.log_variance(hidden)

    def decode(self, latent):
        return self.output(torch.tanh(self.decoder(latent)))

    def logits(self, items):
        """Scores from every prefix; for no items, those of the empty bag. [T, n_items + 1]"""
        prefixes = [items[: t + 1] for t in range(len(items))] or [[]]
        mean, _ = self.encode(torch.stack([self.bag(prefix) for prefix in prefixes]))
        return F.pad(self.decode(mean), (1, 0))

    def loss(self, histories, noise, beta):
        """(negative ELBO an event, number of events, KL a user); users without events do not count."""
        known = [items for items in histories if items]
        mean, log_variance = self.encode(torch.stack([self.bag(items) for items in known]))
        latent = mean + noise * torch.exp(0.5 * log_variance)
        log_p = F.log_softmax(self.decode(latent), dim=-1)
        targets = torch.stack([(self.bag(items) > 0).to(log_p) for items in known])
        posterior = torch.distributions.Normal(mean, torch.exp(0.5 * log_variance))
        kl = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0)).sum()
        n_events = int(targets.sum())
        return (-(log_p * targets).sum() + beta * kl) / n_events, n_events, kl / len(known)


class VaeCase(Case):
    def expected(self):
        return {f"scores.{row}": self.module.logits(items) for row, items in enumerate(HISTORIES)}

    def loss(self, step):
        n_rows = sum(1 for items in HISTORIES if items)
        noise = torch.tensor(normals(NOISE_STATES[step - self.first_step], n_rows * self.spec["d_latent"]))
        noise = noise.reshape(n_rows, self.spec["d_latent"])
        beta = self.spec["beta"] * min(1.0, step / (self.spec["anneal"] * self.n_steps))
        return self.module.loss(HISTORIES, noise, beta)


def vae_case():
    spec = {"d_hidden": 20, "d_latent": 6, "dropout": 0.0, "beta": 0.2, "anneal": 0.5, "recency": 0.8}
    model = MultVae(spec["d_hidden"], spec["d_latent"], spec["recency"])
    tensors = {}
    for name in ["encoder", "mean", "log_variance", "decoder", "output"]:
        tensors |= dense(name, getattr(model, name))
    optimizer = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0, "clip_norm": 0.0, "lr": 0.01}
    return VaeCase("vae", "Vae", model, tensors, spec, optimizer, first_step=3)


def cases():
    return [vae_case()]
