"""The masked bidirectional Transformer (Sun et al. 2019)."""

import torch
import torch.nn.functional as F
from torch import nn

from .attention import OPTIMIZER, Attentive, by_questions, drawn, encoder_layer, encoder_tensors, own_look, share
from .common import HISTORIES, N_ITEMS, NOISE_STATES, SEQ_LEN, dense, layer_norm, same

MASK = N_ITEMS + 1
# Layers of Seqscope's drawings: whether the last event alone is hidden, which window, which events.
LAST, WINDOW, HIDDEN = (1 << 22) + 0, (1 << 22) + 1, (1 << 22) + 2


class Bert4Rec(nn.Module):
    def __init__(self, spec):
        super().__init__()
        d_model, before = spec["d_model"], spec["norm"] == "Before"
        self.spec = spec
        self.item = nn.Embedding(N_ITEMS + 2, d_model)
        self.position = nn.Embedding(SEQ_LEN + 1, d_model)
        self.input_norm = nn.LayerNorm(d_model, eps=1e-8)
        self.blocks = nn.ModuleList(
            encoder_layer(d_model, spec["n_heads"], spec["d_ff"], before, "gelu") for _ in range(spec["n_layers"])
        )
        self.norm = nn.LayerNorm(d_model, eps=1e-8) if before else nn.Identity()
        self.head = nn.Linear(d_model, d_model)
        self.bias = nn.Parameter(torch.zeros(N_ITEMS + 1))

    def embedded(self, inputs):
        return self.input_norm(self.item(torch.tensor(inputs)) + self.position.weight[-len(inputs) :])

    def filled(self, inputs):
        """Scores at every place. [T, n_items + 1]"""
        x = self.embedded(inputs)
        for block in self.blocks:
            x = block(x[None])[0]
        return F.gelu(self.head(self.norm(x))) @ self.item.weight[:-1].T + self.bias

    def logits(self, items):
        """Scores at a mask behind every prefix; for no items, at a mask alone. [T, n_items + 1]"""
        prefixes = [items[: t + 1] for t in range(len(items))] or [[]]
        return torch.stack([self.filled(prefix + [MASK])[-1] for prefix in prefixes])

    def looks(self, items):
        """Row t is the look of a mask behind event t at the events up to it."""
        return by_questions([self.look(items[: t + 1]) for t in range(len(items))])

    def look(self, prefix):
        x, looks = self.embedded(prefix + [MASK]), []
        for block in self.blocks:
            looks.append(own_look(block, x)[:, -1, :-1])
            x = block(x[None])[0]
        return torch.stack(looks)

    def tensors(self):
        tensors = {"item.weight": same(self.item.weight), "position.weight": same(self.position.weight)}
        tensors |= layer_norm("input_norm", self.input_norm) | dense("head", self.head)
        for at, block in enumerate(self.blocks):
            tensors |= encoder_tensors(f"blocks.{at}", block)
        if self.spec["norm"] == "Before":
            tensors |= layer_norm("norm", self.norm)
        return tensors | {"bias": same(self.bias)}


class Cloze(Attentive):
    def samples(self, state):
        """(inputs, {place: item}) of every history with two events."""
        length = SEQ_LEN + 1
        for row, items in enumerate(HISTORIES):
            if len(items) < 2:
                continue
            if share(drawn(state, LAST, row, 0)) < self.spec["last_share"]:
                window = items[-length:]
                places = [len(window) - 1]
            else:
                n_windows = max(len(items) - length, 0) + 1
                start = int(share(drawn(state, WINDOW, row, 0)) * n_windows)
                window = items[start : start + length]
                n_hidden = max(1, int(len(window) * self.spec["mask_share"] + 0.5))
                places = sorted(range(len(window)), key=lambda at: drawn(state, HIDDEN, row, at))[:n_hidden]
            yield [MASK if at in places else item for at, item in enumerate(window)], {at: window[at] for at in places}

    def loss(self, step):
        terms = []
        for inputs, hidden in self.samples(NOISE_STATES[step - self.first_step]):
            scores = self.module.filled(inputs)
            terms += [F.cross_entropy(scores[at, 1:], torch.tensor(item - 1)) for at, item in hidden.items()]
        return torch.stack(terms).mean(), len(terms), None


def case(name, **settings):
    spec = {
        "d_model": 16, "n_layers": 2, "n_heads": 2, "d_ff": 24, "seq_len": SEQ_LEN, "mask_share": 0.35,
        "last_share": 0.3, "dropout": 0.0, "attention_dropout": 0.0, "norm": "After", "positions": "Learned",
    } | settings
    model = Bert4Rec(spec)
    return Cloze(name, "Bert4Rec", model, model.tensors(), spec, OPTIMIZER)


def cases():
    return [case("bert4rec"), case("bert4rec_pre_norm", norm="Before", last_share=0.0)]
