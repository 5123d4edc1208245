"""Writes the numbers that PyTorch computes for the four model families; see README.md.

Every model is written here with PyTorch's own parts (nn.LSTM, nn.MultiheadAttention, nn.LayerNorm,
F.cross_entropy, torch.optim), in float64 and with one sequence at a time, so nothing is shared with
the Rust code but the definition.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch import nn

HERE = Path(__file__).parent
N_ITEMS, SEQ_LEN = 30, 8

# derive_seed(s, "noise", 0) of Seqscope for the seeds s = 0, 1, 2 of the three steps.
NOISE_STATES = [11440499399205189314, 10295605799925240961, 17929995994965405507]

# Nothing, one event (nothing to predict from it), some, a repeat, exactly the window, longer than it.
HISTORIES = [
    [],
    [7],
    [3, 14, 15, 9],
    [26, 5, 26, 26, 8, 1],
    [2, 7, 18, 28, 4, 5, 9, 30],
    [1, 12, 3, 24, 5, 16, 7, 28, 9, 10, 11, 22, 13],
]


class Case:
    """One family: its module, where each of our tensors lives in it, its settings."""

    def __init__(self, name, module, tensors, spec, optimizer, first_step=0, n_steps=10, kind=None):
        self.name, self.module, self.tensors, self.spec = name, module, tensors, spec
        self.kind = kind or name
        self.optimizer, self.first_step, self.n_steps = optimizer, first_step, n_steps

    def values(self, of):
        """Our layout of every tensor: `of` picks the parameter's value or gradient."""
        return {name: get(of) for name, get in self.tensors.items()}


def weight(parameter):
    """A linear layer's matrix: PyTorch keeps [out, in], we keep [in, out]."""
    return lambda of: of(parameter).T


def same(parameter):
    return lambda of: of(parameter)


def dense(name, layer):
    return {f"{name}.weight": weight(layer.weight), f"{name}.bias": same(layer.bias)}


def layer_norm(name, layer):
    """burn's names: gamma scales, beta shifts."""
    return {f"{name}.gamma": same(layer.weight), f"{name}.beta": same(layer.bias)}


def attention_input(name, attention, third):
    """PyTorch keeps the matrices of queries, keys and values in one, below each other."""
    rows = slice(third * attention.embed_dim, (third + 1) * attention.embed_dim)
    return {
        f"{name}.weight": lambda of: of(attention.in_proj_weight)[rows].T,
        f"{name}.bias": lambda of: of(attention.in_proj_bias)[rows],
    }


def value_of(parameter):
    return parameter.detach()


def gradient_of(parameter):
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


class Lstm(nn.Module):
    def __init__(self, d_model, d_hidden, n_layers=1):
        super().__init__()
        self.item = nn.Embedding(N_ITEMS + 1, d_model)
        self.lstm = nn.LSTM(d_model, d_hidden, n_layers)
        self.output = nn.Linear(d_hidden, d_model)
        # We have one bias: PyTorch's second one is zero and stays so.
        for layer in range(n_layers):
            getattr(self.lstm, f"bias_hh_l{layer}").requires_grad_(False)

    def logits(self, items):
        """Scores after each of these items; for none, those of the zero state. [T, n_items + 1]"""
        if items:
            states, _ = self.lstm(self.item(torch.tensor(items))[:, None])
            states = states[:, 0]
        else:
            states = torch.zeros(1, self.lstm.hidden_size)
        return self.output(states) @ self.item.weight.T


class Gru(nn.Module):
    def __init__(self, d_model, d_hidden, n_layers):
        super().__init__()
        self.item = nn.Embedding(N_ITEMS + 1, d_model)
        self.gru = nn.GRU(d_model, d_hidden, n_layers)
        self.output = nn.Linear(d_hidden, d_model)
        # Reset and update gate have one bias with us: PyTorch's second ones are zero and stay so.
        self.only_candidate = torch.arange(3 * d_hidden) >= 2 * d_hidden
        for bias in self.second_biases():
            bias.register_hook(lambda gradient: gradient * self.only_candidate)

    def second_biases(self):
        return [getattr(self.gru, f"bias_hh_l{layer}") for layer in range(self.gru.num_layers)]

    def logits(self, items):
        """Scores after each of these items; for none, those of the zero state. [T, n_items + 1]"""
        if items:
            states, _ = self.gru(self.item(torch.tensor(items))[:, None])
            states = states[:, 0]
        else:
            states = torch.zeros(1, self.gru.hidden_size)
        return self.output(states) @ self.item.weight.T


class Block(nn.Module):
    def __init__(self, d_model, n_heads, d_ff):
        super().__init__()
        self.attention_norm = nn.LayerNorm(d_model, eps=1e-8)
        self.attention = nn.MultiheadAttention(d_model, n_heads)
        self.feed_norm = nn.LayerNorm(d_model, eps=1e-8)
        self.feed_in = nn.Linear(d_model, d_ff)
        self.feed_out = nn.Linear(d_ff, d_model)

    def forward(self, x):
        later = nn.Transformer.generate_square_subsequent_mask(len(x), dtype=x.dtype)
        normed = self.attention_norm(x)
        x = x + self.attention(normed, normed, normed, attn_mask=later, need_weights=False)[0]
        return x + self.feed_out(F.relu(self.feed_in(self.feed_norm(x))))


class Transformer(nn.Module):
    def __init__(self, d_model, n_layers, n_heads, d_ff):
        super().__init__()
        self.item = nn.Embedding(N_ITEMS + 1, d_model)
        self.position = nn.Embedding(SEQ_LEN, d_model)
        self.blocks = nn.ModuleList(Block(d_model, n_heads, d_ff) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model, eps=1e-8)

    def logits(self, items):
        """Scores after each of these items; for none, those of one padding event. [T, n_items + 1]"""
        items = items or [0]
        # Positions count from the end: the last row of the table is the latest event.
        x = self.item(torch.tensor(items)) * self.item.embedding_dim**0.5 + self.position.weight[-len(items) :]
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.item.weight.T


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


def sequence_loss(model):
    """Mean cross-entropy over every event that has one before it, among the last SEQ_LEN + 1."""
    terms = []
    for items in HISTORIES:
        window = items[-(SEQ_LEN + 1) :]
        if len(window) > 1:
            logits = model.logits(window[:-1])[:, 1:]
            terms.append(F.cross_entropy(logits, torch.tensor(window[1:]) - 1, reduction="none"))
    terms = torch.cat(terms)
    return terms.mean(), len(terms), torch.tensor(0.0)


def fill(module, scale):
    """Numbers of a size that makes every part of the model matter, exact in float32."""
    generator = torch.Generator().manual_seed(20260718)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            centre = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            drawn = centre + scale * torch.randn(parameter.shape, generator=generator)
            parameter.copy_(drawn.float() if parameter.requires_grad else torch.zeros_like(parameter))
        if hasattr(module, "item"):
            module.item.weight[0] = 0.0
        if hasattr(module, "second_biases"):
            for bias in module.second_biases():
                bias *= module.only_candidate


def lstm_case():
    spec = {"d_model": 16, "d_hidden": 24, "seq_len": SEQ_LEN, "dropout": 0.0}
    model = Lstm(spec["d_model"], spec["d_hidden"])
    tensors = {
        "item.weight": same(model.item.weight),
        "lstm.w_input": weight(model.lstm.weight_ih_l0),
        "lstm.w_hidden": weight(model.lstm.weight_hh_l0),
        "lstm.bias": same(model.lstm.bias_ih_l0),
    } | dense("output", model.output)
    optimizer = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.1, "clip_norm": 0.0, "lr": 0.01}
    return Case("lstm", model, tensors, spec, optimizer)


def stacked_lstm_case():
    spec = {"d_model": 12, "d_hidden": 20, "n_layers": 2, "seq_len": SEQ_LEN, "dropout": 0.0}
    model = Lstm(spec["d_model"], spec["d_hidden"], spec["n_layers"])
    tensors = {"item.weight": same(model.item.weight)} | dense("output", model.output)
    for layer, name in enumerate(["lstm", "upper.0"]):
        tensors |= {
            f"{name}.w_input": weight(getattr(model.lstm, f"weight_ih_l{layer}")),
            f"{name}.w_hidden": weight(getattr(model.lstm, f"weight_hh_l{layer}")),
            f"{name}.bias": same(getattr(model.lstm, f"bias_ih_l{layer}")),
        }
    # Clipped gradients are small, and Adam would blow up their rounding errors with a smaller epsilon.
    optimizer = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-6, "weight_decay": 0.0, "clip_norm": 0.3, "lr": 0.01}
    return Case("lstm_2_layers", model, tensors, spec, optimizer, kind="lstm")


def last_part(parameter, n):
    return lambda of: of(parameter)[-n:]


def gru_case():
    spec = {"d_model": 16, "d_hidden": 20, "n_layers": 2, "seq_len": SEQ_LEN, "dropout": 0.0}
    model = Gru(spec["d_model"], spec["d_hidden"], spec["n_layers"])
    tensors = {"item.weight": same(model.item.weight)} | dense("output", model.output)
    for layer, name in enumerate(["gru", "upper.0"]):
        tensors |= {
            f"{name}.w_input": weight(getattr(model.gru, f"weight_ih_l{layer}")),
            f"{name}.w_hidden": weight(getattr(model.gru, f"weight_hh_l{layer}")),
            f"{name}.bias": same(getattr(model.gru, f"bias_ih_l{layer}")),
            f"{name}.bias_hidden": last_part(getattr(model.gru, f"bias_hh_l{layer}"), spec["d_hidden"]),
        }
    optimizer = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.1, "clip_norm": 0.0, "lr": 0.01}
    return Case("gru", model, tensors, spec, optimizer)


def transformer_case():
    spec = {"d_model": 16, "n_layers": 2, "n_heads": 2, "d_ff": 12, "seq_len": SEQ_LEN, "dropout": 0.0}
    model = Transformer(spec["d_model"], spec["n_layers"], spec["n_heads"], spec["d_ff"])
    tensors = {"item.weight": same(model.item.weight), "position.weight": same(model.position.weight)}
    for at, block in enumerate(model.blocks):
        tensors |= layer_norm(f"blocks.{at}.attention_norm", block.attention_norm)
        for third, name in enumerate(["query", "key", "value"]):
            tensors |= attention_input(f"blocks.{at}.{name}", block.attention, third)
        tensors |= dense(f"blocks.{at}.output", block.attention.out_proj)
        tensors |= layer_norm(f"blocks.{at}.feed_norm", block.feed_norm)
        tensors |= dense(f"blocks.{at}.feed_in", block.feed_in) | dense(f"blocks.{at}.feed_out", block.feed_out)
    tensors |= layer_norm("norm", model.norm)
    # Attention does not depend on the bias of its keys: the gradient is rounding noise, which Adam
    # with a small epsilon would blow up to full steps.
    optimizer = {"beta1": 0.9, "beta2": 0.98, "epsilon": 1e-4, "weight_decay": 0.0, "clip_norm": 0.5, "lr": 0.01}
    return Case("transformer", model, tensors, spec, optimizer)


def vae_case():
    spec = {"d_hidden": 20, "d_latent": 6, "dropout": 0.0, "beta": 0.2, "anneal": 0.5, "recency": 0.8}
    model = MultVae(spec["d_hidden"], spec["d_latent"], spec["recency"])
    tensors = {}
    for name in ["encoder", "mean", "log_variance", "decoder", "output"]:
        tensors |= dense(name, getattr(model, name))
    optimizer = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0, "clip_norm": 0.0, "lr": 0.01}
    return Case("vae", model, tensors, spec, optimizer, first_step=3)


def normals(state, n):
    """Seqscope's noise: SplitMix64 (Steele et al. 2014) into Box & Muller (1958), from its state."""
    mask, values = 2**64 - 1, []

    def draw():
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & mask
        bits = state
        bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & mask
        bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & mask
        return (bits ^ (bits >> 31)) >> 11

    while len(values) < n:
        radius = math.sqrt(-2 * math.log((draw() + 1) / 2**53))
        angle = 2 * math.pi * draw() / 2**53
        values += [radius * math.cos(angle), radius * math.sin(angle)]
    return values[:n]


def step_loss(case, step):
    if case.name != "vae":
        return sequence_loss(case.module)
    n_rows = sum(1 for items in HISTORIES if items)
    noise = torch.tensor(normals(NOISE_STATES[step - case.first_step], n_rows * case.spec["d_latent"]))
    noise = noise.reshape(n_rows, case.spec["d_latent"])
    beta = case.spec["beta"] * min(1.0, step / (case.spec["anneal"] * case.n_steps))
    return case.module.loss(HISTORIES, noise, beta)


def write(case):
    fill(case.module, 0.3)
    parameters = [p for p in case.module.parameters() if p.requires_grad]
    settings = case.optimizer
    adam = torch.optim.AdamW(
        parameters, lr=settings["lr"], betas=(settings["beta1"], settings["beta2"]),
        eps=settings["epsilon"], weight_decay=settings["weight_decay"],
    )
    stamp = {"seqscope": json.dumps({"kind": case.kind, "n_steps": 0})}
    save(f"{case.name}_weights", case.values(value_of), stamp)
    with torch.no_grad():
        expected = {f"scores.{row}": case.module.logits(items[-SEQ_LEN:] if case.name != "vae" else items)
                    for row, items in enumerate(HISTORIES)}
    losses, norms, kls = [], [], []
    for at in range(3):
        adam.zero_grad()
        loss, n_events, kl = step_loss(case, case.first_step + at)
        loss.backward()
        gradients = {name: g.clone() for name, g in case.values(gradient_of).items()}
        norms.append(torch.nn.utils.get_total_norm([p.grad for p in parameters]).item())
        if settings["clip_norm"] > 0:
            nn.utils.clip_grad_norm_(parameters, settings["clip_norm"])
        adam.step()
        losses.append(loss.item())
        kls.append(kl.item())
        if at == 0:
            expected |= {f"gradient.{name}": g for name, g in gradients.items()}
        if at in (0, 2):
            expected |= {f"after{at + 1}.{name}": v.clone() for name, v in case.values(value_of).items()}
    save(f"{case.name}_expected", expected)
    return {
        "spec": case.spec, "optimizer": settings, "first_step": case.first_step, "n_steps": case.n_steps,
        "n_events": n_events, "loss": losses, "gradient_norm": norms, "kl": kls,
    }


def save(name, tensors, metadata=None):
    arrays = {key: np.ascontiguousarray(value.numpy().astype(np.float32)) for key, value in tensors.items()}
    save_file(arrays, HERE / f"{name}.safetensors", metadata)


def main():
    torch.set_num_threads(2)
    torch.set_default_dtype(torch.float64)
    every = [transformer_case(), lstm_case(), vae_case(), stacked_lstm_case(), gru_case()]
    cases = {case.name: write(case) for case in every}
    versions = {"torch": torch.__version__, "numpy": np.__version__, "python": sys.version.split()[0]}
    data = {"n_items": N_ITEMS, "histories": HISTORIES, "noise_states": NOISE_STATES}
    cases = versions | data | {"cases": cases}
    (HERE / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
