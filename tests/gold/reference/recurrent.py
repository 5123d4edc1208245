"""The recurrent families: simple, LSTM and GRU layers, alone and with what can be added to them."""

import torch
import torch.nn.functional as F
from torch import nn

from .common import HISTORIES, N_ITEMS, NOISE_STATES, SEQ_LEN, Case, dense, same, weight

CELLS = {"Lstm": nn.LSTM, "Gru": nn.GRU, "Rnn": nn.RNN}


class Attention(nn.Module):
    """Additive attention (Bahdanau et al. 2015, appendix A.1.2) of each state over those up to it."""

    def __init__(self, d):
        super().__init__()
        self.query = nn.Parameter(torch.empty(d, d))
        self.key = nn.Parameter(torch.empty(d, d))
        self.score = nn.Parameter(torch.empty(d))

    def weights(self, states):
        pairs = torch.tanh((states @ self.query)[:, None] + (states @ self.key)[None])
        later = torch.ones(len(states), len(states), dtype=torch.bool).triu(1)
        return (pairs @ self.score).masked_fill(later, -torch.inf).softmax(-1)


class Recurrent(nn.Module):
    def __init__(self, family, spec):
        super().__init__()
        d_model, n_layers = spec["d_model"], spec.get("n_layers", 1)
        widths = [round(spec["d_hidden"] * spec.get("taper", 1.0) ** at) for at in range(n_layers)]
        self.family, self.spec = family, spec
        # What is told of events beside their items: see told.py.
        self.features = None
        self.item = nn.Embedding(N_ITEMS + 1, d_model)
        self.layers = nn.ModuleList(CELLS[family](d, width) for d, width in zip([d_model] + widths, widths))
        d_features = widths[-1] * (2 if spec.get("attention") else 1)
        self.output = nn.Linear(d_features, d_model)
        self.attention = Attention(widths[-1]) if spec.get("attention") else None
        self.catalogue = None if spec.get("tied", True) else nn.Embedding(N_ITEMS + 1, d_model)
        if family == "Gru":
            # Reset and update gate have one bias with us: PyTorch's second ones are zero and stay so.
            for layer in self.layers:
                layer.bias_hh_l0.register_hook(lambda gradient: gradient * only_candidate(gradient))
        else:
            # We have one bias: PyTorch's second one is zero and stays so.
            for layer in self.layers:
                layer.bias_hh_l0.requires_grad_(False)

    def clear(self):
        """After filling: what must be zero is zero."""
        with torch.no_grad():
            if self.family == "Gru":
                for layer in self.layers:
                    layer.bias_hh_l0 *= only_candidate(layer.bias_hh_l0)
            if self.catalogue is not None:
                self.catalogue.weight[0] = 0.0

    def states(self, items, masks=None, beside=None):
        """The last layer's states after each of these items. [T, d]"""
        x = self.item(torch.tensor(items))
        if self.features is not None:
            x = self.features(x, beside)
        if masks is None:
            for layer in self.layers:
                x = layer(x[:, None])[0][:, 0]
            return x
        for at, layer in enumerate(self.layers):
            x = by_hand(self.family, layer, x * masks.into(at, *x.shape), masks.of_state(at, layer.hidden_size))
        return x * masks.into(len(self.layers), *x.shape)

    def hidden(self, states):
        """What is multiplied with the vectors of the items. [T, d_model]"""
        if self.attention is not None:
            states = torch.cat([states, self.attention.weights(states) @ states], dim=-1)
        return self.output(states)

    def logits(self, items, masks=None):
        """Scores after each of these items; for none, those of the zero state. [T, n_items + 1]"""
        vectors = self.item.weight if self.catalogue is None else self.catalogue.weight
        if not items:
            return (self.output.bias @ vectors.T)[None]
        return self.hidden(self.states(items, masks)) @ vectors.T


def only_candidate(bias):
    return torch.arange(len(bias)) >= len(bias) * 2 // 3


def by_hand(family, layer, x, mask):
    """The layer step by step, with `mask` on the state that the recurrent weights see (Gal & Ghahramani 2016).
    [T, d]"""
    h, c = torch.zeros(layer.hidden_size), torch.zeros(layer.hidden_size)
    states = []
    for step in x:
        of_x = F.linear(step, layer.weight_ih_l0, layer.bias_ih_l0)
        of_h = F.linear(h * mask, layer.weight_hh_l0, layer.bias_hh_l0)
        if family == "Lstm":
            i, f, g, o = (of_x + of_h).chunk(4)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        elif family == "Gru":
            (x_r, x_z, x_n), (h_r, h_z, h_n) = of_x.chunk(3), of_h.chunk(3)
            n, z = torch.tanh(x_n + (x_r + h_r).sigmoid() * h_n), (x_z + h_z).sigmoid()
            h = (1 - z) * n + z * h
        else:
            h = (of_x + of_h).tanh()
        states.append(h)
    return torch.stack(states)


class Masks:
    """Seqscope's dropout factors of one row of a step: SplitMix64 from the step's state, the number of the
    drawing, the row and the place in it."""

    GOLDEN, ALL = 0x9E3779B97F4A7C15, 2**64 - 1

    def __init__(self, state, row, spec):
        self.state, self.row, self.spec = state, row, spec

    def scrambled(self, bits):
        bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & self.ALL
        bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & self.ALL
        return bits ^ (bits >> 31)

    def factors(self, rate, drawing, at, n):
        state = self.state
        for number in (drawing, self.row, at):
            state = self.scrambled(state ^ (number * self.GOLDEN & self.ALL))
        threshold, values = round(rate * 65536), []
        while len(values) < n:
            state = (state + self.GOLDEN) & self.ALL
            bits = self.scrambled(state)
            quad = [(bits >> 16 * k & 0xFFFF) >= threshold for k in range(4)]
            values += [65536 / (65536 - threshold) if kept else 0.0 for kept in quad]
        return torch.tensor(values[:n])

    def into(self, layer, n_events, width):
        """Of what goes into this layer, or out of the last: new ones for each event. [T, width]"""
        n_layers = self.spec.get("n_layers", 1)
        drawing = 0 if layer == 0 else 1 if layer == n_layers else layer + 1
        return torch.stack([self.factors(self.spec["dropout"], drawing, at, width) for at in range(n_events)])

    def of_state(self, layer, width):
        """Of the layer's state: the same ones all through the row. [width]"""
        return self.factors(self.spec["recurrent_dropout"], 64 + layer, 0, width)


class RecurrentCase(Case):
    def fill(self):
        super().fill()
        self.module.clear()

    def expected(self):
        expected = super().expected()
        if self.module.attention is not None:
            for row, items in enumerate(HISTORIES):
                if items:
                    states = self.module.states(items[-SEQ_LEN:])
                    expected[f"attention.{row}"] = self.module.attention.weights(states)
        return expected

    def loss(self, step):
        """Over every event that has one before it, among the last SEQ_LEN + 1, or over the last of them only."""
        terms = []
        for row, items in enumerate(HISTORIES):
            window = items[-(SEQ_LEN + 1) :]
            if len(window) < 2:
                continue
            masks = None
            if "recurrent_dropout" in self.spec:
                masks = Masks(NOISE_STATES[step - self.first_step], row, self.spec)
            logits = self.module.logits(window[:-1], masks)[:, 1:]
            nll = F.cross_entropy(logits, torch.tensor(window[1:]) - 1, reduction="none")
            terms.append(nll[-1:] if self.spec.get("output") == "LastStep" else nll)
        terms = torch.cat(terms)
        return terms.mean(), len(terms), None


PLAIN = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0, "clip_norm": 0.0, "lr": 0.01}
DECAYED = PLAIN | {"weight_decay": 0.1}
# Clipped gradients are small, and Adam would blow up their rounding errors with a smaller epsilon.
CLIPPED = PLAIN | {"epsilon": 1e-6, "clip_norm": 0.3}


def last_part(parameter, n):
    return lambda of: of(parameter)[-n:]


def tensors_of(model):
    family = model.family
    tensors = {"item.weight": same(model.item.weight)} | dense("output", model.output)
    for at, layer in enumerate(model.layers):
        prefix = family.lower() if at == 0 else f"upper.{at - 1}"
        tensors |= {
            f"{prefix}.w_input": weight(layer.weight_ih_l0),
            f"{prefix}.w_hidden": weight(layer.weight_hh_l0),
            f"{prefix}.bias": same(layer.bias_ih_l0),
        }
        if family == "Gru":
            tensors[f"{prefix}.bias_hidden"] = last_part(layer.bias_hh_l0, layer.hidden_size)
    if model.attention is not None:
        tensors |= {f"attention.{name}": same(p) for name, p in model.attention.named_parameters()}
    if model.catalogue is not None:
        tensors["catalogue.weight"] = same(model.catalogue.weight)
    return tensors


def case(name, family, optimizer, **spec):
    spec |= {"seq_len": SEQ_LEN, "dropout": spec.get("dropout", 0.0)}
    model = Recurrent(family, spec)
    return RecurrentCase(name, family, model, tensors_of(model), spec, optimizer)


def cases():
    return [
        case("lstm", "Lstm", DECAYED, d_model=16, d_hidden=24),
        case("lstm_2_layers", "Lstm", CLIPPED, d_model=12, d_hidden=20, n_layers=2),
        case("gru", "Gru", DECAYED, d_model=16, d_hidden=20, n_layers=2),
        case("rnn", "Rnn", PLAIN, d_model=16, d_hidden=24),
        case("rnn_2_layers", "Rnn", DECAYED, d_model=12, d_hidden=20, n_layers=2),
        case("lstm_taper", "Lstm", CLIPPED, d_model=12, d_hidden=20, n_layers=3, taper=0.5),
        case("lstm_untied", "Lstm", DECAYED, d_model=12, d_hidden=16, tied=False),
        case("lstm_last_step", "Lstm", PLAIN, d_model=12, d_hidden=16, n_layers=2, output="LastStep"),
        case("lstm_attention", "Lstm", CLIPPED, d_model=12, d_hidden=16, attention=True),
        case("lstm_dropout", "Lstm", CLIPPED, d_model=12, d_hidden=16, n_layers=3, dropout=0.25, recurrent_dropout=0.4),
        case("gru_dropout", "Gru", CLIPPED, d_model=12, d_hidden=16, dropout=0.1, recurrent_dropout=0.3),
        case("rnn_dropout", "Rnn", CLIPPED, d_model=12, d_hidden=16, n_layers=2, dropout=0.2, recurrent_dropout=0.2),
        case(
            "gru_everything", "Gru", CLIPPED, d_model=10, d_hidden=16, n_layers=2, taper=0.5, dropout=0.2,
            recurrent_dropout=0.3, output="LastStep", attention=True, tied=False,
        ),
    ]
