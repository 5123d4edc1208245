"""The sequential VAE: a GRU, a latent vector after each event, the next few items from it."""

import torch
import torch.nn.functional as F
from torch import nn

from .common import HISTORIES, N_ITEMS, NOISE_STATES, SEQ_LEN, Case, dense, normals, same, scrambled, weight
from .recurrent import last_part
from .vae import annealed_beta, kl_of_dimensions, negative_log_likelihood

# The third drawing of a step, after those of dropout before and after the GRU.
LATENT = 2


class SequentialVae(nn.Module):
    def __init__(self, d_model, d_state, d_hidden, d_latent):
        super().__init__()
        self.item = nn.Embedding(N_ITEMS + 1, d_model)
        self.gru = nn.GRU(d_model, d_state)
        self.encoder = nn.Linear(d_state, d_hidden)
        self.mean = nn.Linear(d_hidden, d_latent)
        self.log_variance = nn.Linear(d_hidden, d_latent)
        self.decoder = nn.Linear(d_latent, d_hidden)
        self.output = nn.Linear(d_hidden, N_ITEMS)
        # Reset and update gate have one bias with us: PyTorch's second ones are zero and stay so.
        self.only_candidate = torch.arange(3 * d_state) >= 2 * d_state
        self.gru.bias_hh_l0.register_hook(lambda gradient: gradient * self.only_candidate)

    def second_biases(self):
        return [self.gru.bias_hh_l0]

    def encode(self, items):
        """Mean and log-variance after each of these items; for none, those of the zero state."""
        if items:
            states, _ = self.gru(self.item(torch.tensor(items))[:, None])
            states = states[:, 0]
        else:
            states = torch.zeros(1, self.gru.hidden_size)
        hidden = torch.tanh(self.encoder(states))
        return self.mean(hidden), self.log_variance(hidden)

    def decode(self, latent):
        return self.output(torch.tanh(self.decoder(latent)))

    def logits(self, items):
        mean, _ = self.encode(items)
        return F.pad(self.decode(mean), (1, 0))


def noise_of_event(state, row, at, n):
    """The draws of one event, which depend on nothing but its row of the batch and its place in it."""
    for number in [LATENT, row, at]:
        state = scrambled(state ^ (number * 0x9E3779B97F4A7C15 % 2**64))
    return normals(state, n)


class SequentialVaeCase(Case):
    def loss(self, step):
        spec, model = self.spec, self.module
        nll, kl, n_events, n_steps = 0.0, 0.0, 0, 0
        for row, items in enumerate(HISTORIES):
            window = items[-(SEQ_LEN + 1) :]
            if len(window) < 2:
                continue
            mean, log_variance = model.encode(window[:-1])
            state = NOISE_STATES[step - self.first_step]
            noise = [noise_of_event(state, row, at, spec["d_latent"]) for at in range(len(window) - 1)]
            latent = mean + torch.tensor(noise) * torch.exp(0.5 * log_variance)
            targets = torch.zeros(len(window) - 1, N_ITEMS)
            for at in range(len(window) - 1):
                targets[at, [item - 1 for item in window[at + 1 : at + 1 + spec["n_ahead"]]]] = 1.0
            nll = nll + negative_log_likelihood("Multinomial", model.decode(latent), targets)
            kl = kl + kl_of_dimensions(mean, log_variance)
            n_events += int(targets.sum())
            n_steps += len(window) - 1
        charged = kl.clamp_min(spec["free_bits"] * n_steps).sum()
        beta = annealed_beta(spec, step, self.n_steps)
        return (nll + beta * charged) / n_events, n_events, kl.sum() / n_steps


def cases():
    spec = {
        "d_model": 16, "d_state": 20, "d_hidden": 14, "d_latent": 5, "seq_len": SEQ_LEN, "n_ahead": 3, "dropout": 0.0,
        "beta": 0.2, "anneal": 0.5, "free_bits": 0.35,
    }
    model = SequentialVae(*(spec[key] for key in ["d_model", "d_state", "d_hidden", "d_latent"]))
    tensors = {
        "item.weight": same(model.item.weight),
        "gru.w_input": weight(model.gru.weight_ih_l0),
        "gru.w_hidden": weight(model.gru.weight_hh_l0),
        "gru.bias": same(model.gru.bias_ih_l0),
        "gru.bias_hidden": last_part(model.gru.bias_hh_l0, spec["d_state"]),
    }
    for layer in ["encoder", "mean", "log_variance", "decoder", "output"]:
        tensors |= dense(layer, getattr(model, layer))
    optimizer = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0, "clip_norm": 0.0, "lr": 0.01}
    case = SequentialVaeCase("sequential_vae", "SequentialVae", model, tensors, spec, optimizer, first_step=3)
    case.kind = "sequential-vae"
    return [case]
