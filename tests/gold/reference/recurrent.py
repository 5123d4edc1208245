"""The recurrent families."""

import torch
from torch import nn

from .common import N_ITEMS, SEQ_LEN, Case, dense, same, weight


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
    return Case("lstm", "Lstm", model, tensors, spec, optimizer)


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
    return Case("lstm_2_layers", "Lstm", model, tensors, spec, optimizer)


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
    return Case("gru", "Gru", model, tensors, spec, optimizer)


def cases():
    return [lstm_case(), stacked_lstm_case(), gru_case()]
