"""What every family's reference shares: the histories, the layout of tensors, three steps of an optimiser.

A family's file holds a module written with PyTorch's own parts (nn.LSTM, nn.MultiheadAttention, nn.LayerNorm,
F.cross_entropy), in float64 and with one sequence at a time, so that nothing is shared with the Rust code but
the definition; and `cases()`, a list of `Case`.
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

FOLDER = Path(__file__).parent.parent
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
    """One set of settings of one family: its module, where each of our tensors lives in it, its settings.

    `family` is the name in an experiment file, `kind` the name in weights files. A family whose loss or scores
    are others overrides the functions.
    """

    def __init__(self, name, family, module, tensors, spec, optimizer, first_step=0, n_steps=10):
        self.name, self.family, self.kind = name, family, family.lower()
        self.module, self.tensors, self.spec = module, tensors, spec
        self.optimizer, self.first_step, self.n_steps = optimizer, first_step, n_steps

    # What a case has beside histories: `times`, of each history those of its events in seconds; `features` of
    # the events; what is asked of them, `asked`, and what an answer is, `output`.
    beside = {}

    def values(self, of):
        """Our layout of every tensor: `of` picks the parameter's value or gradient."""
        return {name: get(of) for name, get in self.tensors.items()}

    def fill(self):
        """Numbers of a size that makes every part of the model matter, exact in float32."""
        fill(self.module, 0.3)

    def expected(self):
        """`scores.R`: scores after each event of history R that the model sees, [T, n_items + 1]; what else the
        test can look at: `attention.R`, the weights of attention, [n_layers, n_heads, T, T]."""
        return {f"scores.{row}": self.module.logits(items[-SEQ_LEN:]) for row, items in enumerate(HISTORIES)}

    def loss(self, step):
        """(mean loss of the step, number of events, KL term a user or None)"""
        return sequence_loss(self.module)


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


def sequence_loss(model):
    """Mean cross-entropy over every event that has one before it, among the last SEQ_LEN + 1."""
    terms = []
    for items in HISTORIES:
        window = items[-(SEQ_LEN + 1) :]
        if len(window) > 1:
            logits = model.logits(window[:-1])[:, 1:]
            terms.append(F.cross_entropy(logits, torch.tensor(window[1:]) - 1, reduction="none"))
    terms = torch.cat(terms)
    return terms.mean(), len(terms), None


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


def scrambled(bits):
    """The mixing function of SplitMix64."""
    mask = 2**64 - 1
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & mask
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & mask
    return bits ^ (bits >> 31)


def normals(state, n):
    """Seqscope's noise: SplitMix64 (Steele et al. 2014) into Box & Muller (1958), from its state."""
    mask, values = 2**64 - 1, []

    def draw():
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & mask
        return scrambled(state) >> 11

    while len(values) < n:
        radius = math.sqrt(-2 * math.log((draw() + 1) / 2**53))
        angle = 2 * math.pi * draw() / 2**53
        values += [radius * math.cos(angle), radius * math.sin(angle)]
    return values[:n]


def write(case):
    case.fill()
    parameters = [p for p in case.module.parameters() if p.requires_grad]
    settings = case.optimizer
    adam = torch.optim.AdamW(
        parameters, lr=settings["lr"], betas=(settings["beta1"], settings["beta2"]),
        eps=settings["epsilon"], weight_decay=settings["weight_decay"],
    )
    stamp = {"seqscope": json.dumps({"kind": case.kind, "n_steps": 0})}
    save(f"{case.name}_weights", case.values(value_of), stamp)
    with torch.no_grad():
        expected = case.expected()
    losses, norms, kls = [], [], []
    for at in range(3):
        adam.zero_grad()
        loss, n_events, kl = case.loss(case.first_step + at)
        loss.backward()
        gradients = {name: g.clone() for name, g in case.values(gradient_of).items()}
        norms.append(torch.nn.utils.get_total_norm([p.grad for p in parameters]).item())
        if settings["clip_norm"] > 0:
            nn.utils.clip_grad_norm_(parameters, settings["clip_norm"])
        adam.step()
        losses.append(loss.item())
        kls.append(None if kl is None else kl.item())
        if at == 0:
            expected |= {f"gradient.{name}": g for name, g in gradients.items()}
        if at in (0, 2):
            expected |= {f"after{at + 1}.{name}": v.clone() for name, v in case.values(value_of).items()}
    save(f"{case.name}_expected", expected)
    return {
        "family": case.family, "spec": case.spec, "optimizer": settings, "first_step": case.first_step, "n_steps": case.n_steps,
        "n_events": n_events, "loss": losses, "gradient_norm": norms, "kl": None if None in kls else kls,
    } | case.beside


def save(name, tensors, metadata=None):
    arrays = {key: np.ascontiguousarray(value.numpy().astype(np.float32)) for key, value in tensors.items()}
    save_file(arrays, FOLDER / f"{name}.safetensors", metadata)


def write_family(name, cases):
    """Every case's safetensors files, and one JSON file of the family."""
    versions = {"torch": torch.__version__, "numpy": np.__version__, "python": sys.version.split()[0]}
    data = {"n_items": N_ITEMS, "histories": HISTORIES, "noise_states": NOISE_STATES}
    written = versions | data | {"cases": {case.name: write(case) for case in cases}}
    (FOLDER / f"{name}.json").write_text(json.dumps(written, indent=1) + "\n")
