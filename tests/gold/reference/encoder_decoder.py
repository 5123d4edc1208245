"""Encoder and decoder (Vaswani et al. 2017) for the next events."""

import torch
import torch.nn.functional as F
from torch import nn

from .attention import (
    OPTIMIZER, Attentive, by_questions, cross_look, decoder_tensors, drawn, encoder_layer, encoder_tensors, later,
    share, sinusoids,
)
from .common import HISTORIES, N_ITEMS, NOISE_STATES, SEQ_LEN, layer_norm, same

START = N_ITEMS + 1
# The layer of Seqscope's drawing: where a history is cut.
CUT = 1 << 23


class EncoderDecoder(nn.Module):
    def __init__(self, spec):
        super().__init__()
        d_model, before, activation = spec["d_model"], spec["norm"] == "Before", spec["activation"].lower()
        self.spec = spec
        self.item = nn.Embedding(N_ITEMS + 2, d_model)
        learned = spec["positions"] == "Learned"
        self.position = nn.Embedding(SEQ_LEN, d_model) if learned else None
        self.ahead = nn.Embedding(spec["n_ahead"], d_model) if learned else None
        sizes = [d_model, spec["n_heads"], spec["d_ff"]]
        self.encoder = nn.ModuleList(encoder_layer(*sizes, before, activation) for _ in range(spec["n_layers"]))
        self.decoder = nn.ModuleList(
            nn.TransformerDecoderLayer(
                *sizes, dropout=0.0, activation=activation, layer_norm_eps=1e-8, norm_first=before,
                batch_first=True,
            )
            for _ in range(spec["n_layers"])
        )
        self.encoder_norm = nn.LayerNorm(d_model, eps=1e-8) if before else nn.Identity()
        self.norm = nn.LayerNorm(d_model, eps=1e-8) if before else nn.Identity()

    def vectors(self, items, table, places):
        x = self.item(torch.tensor(items)) * self.item.embedding_dim**0.5
        return x + (sinusoids(places, self.item.embedding_dim) if table is None else table.weight[list(places)])

    def encoded(self, past):
        past = past[-SEQ_LEN:] or [0]
        x = self.vectors(past, self.position, range(SEQ_LEN - len(past), SEQ_LEN))
        for block in self.encoder:
            x = block(x[None])[0]
        return self.encoder_norm(x)

    def foretold(self, past, before):
        """Scores of each of the next events, given the start and those before it. [len(before), n_items + 1]"""
        encoded = self.encoded(past)
        y = self.vectors(before, self.ahead, range(len(before)))
        for block in self.decoder:
            y = block(y[None], encoded[None], tgt_mask=later(len(before)))[0]
        return self.norm(y) @ self.item.weight[:-1].T

    def logits(self, items):
        prefixes = [items[: t + 1] for t in range(len(items))] or [[]]
        return torch.stack([self.foretold(prefix, [START])[0] for prefix in prefixes])

    def looks(self, items):
        """Row t is the decoder's look at the events up to event t, from the first step."""
        return by_questions([self.look(items[: t + 1]) for t in range(len(items))])

    def look(self, prefix):
        encoded, y, looks = self.encoded(prefix), self.vectors([START], self.ahead, range(1)), []
        for block in self.decoder:
            looks.append(cross_look(block, y, encoded, later(1))[:, 0])
            y = block(y[None], encoded[None], tgt_mask=later(1))[0]
        return torch.stack(looks)

    def tensors(self):
        tensors = {"item.weight": same(self.item.weight)}
        for at in range(self.spec["n_layers"]):
            tensors |= encoder_tensors(f"encoder.{at}", self.encoder[at])
            tensors |= decoder_tensors(f"decoder.{at}", self.decoder[at])
        if self.position is not None:
            tensors |= {"position.weight": same(self.position.weight), "ahead.weight": same(self.ahead.weight)}
        if self.spec["norm"] == "Before":
            tensors |= layer_norm("encoder_norm", self.encoder_norm) | layer_norm("norm", self.norm)
        return tensors


class Cuts(Attentive):
    def loss(self, step):
        state, n_cuts, n_ahead = NOISE_STATES[step - self.first_step], self.spec["n_cuts"], self.spec["n_ahead"]
        terms = []
        for row, items in enumerate(HISTORIES):
            n_places = len(items) - 1
            if n_places < 1:
                continue
            parts = [(part + share(drawn(state, CUT, row, part))) / n_cuts * n_places for part in range(n_cuts)]
            for at in sorted({1 + min(int(part), n_places - 1) for part in parts}):
                after = items[at : at + n_ahead]
                scores = self.module.foretold(items[:at], [START, *after[:-1]])[:, 1:]
                terms.append(F.cross_entropy(scores, torch.tensor(after) - 1, reduction="none"))
        terms = torch.cat(terms)
        return terms.mean(), len(terms), None


def case(name, **settings):
    spec = {
        "d_model": 16, "n_layers": 2, "n_heads": 2, "d_ff": 24, "seq_len": SEQ_LEN, "n_ahead": 3, "n_cuts": 2,
        "dropout": 0.0, "norm": "After", "activation": "Relu", "positions": "Sinusoidal",
    } | settings
    model = EncoderDecoder(spec)
    return Cuts(name, "EncoderDecoder", model, model.tensors(), spec, OPTIMIZER)


def cases():
    return [
        case("encoder_decoder"),
        case("encoder_decoder_pre_norm", norm="Before", activation="Gelu", positions="Learned"),
    ]
