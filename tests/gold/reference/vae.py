"""The VAE over bags of items, with either likelihood."""

import math

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

    def loss(self, histories, noise, beta, likelihood="Multinomial", free_bits=0.0):
        """(negative ELBO an event, number of events, KL a user); users without events do not count."""
        known = [items for items in histories if items]
        mean, log_variance = self.encode(torch.stack([self.bag(items) for items in known]))
        latent = mean + noise * torch.exp(0.5 * log_variance)
        targets = torch.stack([(self.bag(items) > 0).to(latent) for items in known])
        nll = negative_log_likelihood(likelihood, self.decode(latent), targets)
        kl = kl_of_dimensions(mean, log_variance)
        charged = kl.clamp_min(free_bits * len(known)) if free_bits > 0 else kl
        n_events = int(targets.sum())
        return (nll + beta * charged.sum()) / n_events, n_events, kl.sum() / len(known)


def negative_log_likelihood(likelihood, logits, targets):
    if likelihood == "Bernoulli":
        return F.binary_cross_entropy_with_logits(logits, targets, reduction="sum")
    return -(F.log_softmax(logits, dim=-1) * targets).sum()


def kl_of_dimensions(mean, log_variance):
    """KL(N(mean, exp log_variance) | N(0, 1)) of each dimension, summed over rows. [d_latent]"""
    posterior = torch.distributions.Normal(mean, torch.exp(0.5 * log_variance))
    return torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0)).sum(dim=0)


def annealed_beta(spec, step, n_steps):
    """Linear over a share of the run, or over that share of each of its four parts (Fu et al. 2019)."""
    if spec.get("annealing") == "Cyclical":
        n_steps = math.ceil(n_steps / 4)
        step %= n_steps
    return spec["beta"] * min(1.0, step / (spec["anneal"] * n_steps))


class VaeCase(Case):
    def expected(self):
        return {f"scores.{row}": self.module.logits(items) for row, items in enumerate(HISTORIES)}

    def loss(self, step):
        n_rows = sum(1 for items in HISTORIES if items)
        noise = torch.tensor(normals(NOISE_STATES[step - self.first_step], n_rows * self.spec["d_latent"]))
        noise = noise.reshape(n_rows, self.spec["d_latent"])
        others = {key: self.spec[key] for key in ["likelihood", "free_bits"] if key in self.spec}
        return self.module.loss(HISTORIES, noise, annealed_beta(self.spec, step, self.n_steps), **others)


def vae_case(name, spec, first_step):
    model = MultVae(spec["d_hidden"], spec["d_latent"], spec["recency"])
    tensors = {}
    for layer in ["encoder", "mean", "log_variance", "decoder", "output"]:
        tensors |= dense(layer, getattr(model, layer))
    optimizer = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0, "clip_norm": 0.0, "lr": 0.01}
    return VaeCase(name, "Vae", model, tensors, spec, optimizer, first_step)


def cases():
    multinomial = {"d_hidden": 20, "d_latent": 6, "dropout": 0.0, "beta": 0.2, "anneal": 0.5, "recency": 0.8}
    others = {"likelihood": "Bernoulli", "free_bits": 0.35, "annealing": "Cyclical"}
    return [vae_case("vae", multinomial, 3), vae_case("vae_bernoulli", multinomial | others, 4)]
