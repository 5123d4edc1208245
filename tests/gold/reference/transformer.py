"""The causal Transformer."""

import torch
import torch.nn.functional as F
from torch import nn

from .attention import OPTIMIZER, Attentive, encoder_layer, encoder_tensors, later, look, own_look, sinusoids
from .common import HISTORIES, N_ITEMS, SEQ_LEN, attention_input, dense, layer_norm, same


class Block(nn.Module):
    def __init__(self, d_model, n_heads, d_ff):
        super().__init__()
        self.attention_norm = nn.LayerNorm(d_model, eps=1e-8)
        self.attention = nn.MultiheadAttention(d_model, n_heads, batch_first=True)
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

    def embedded(self, items):
        # Positions count from the end: the last row of the table is the latest event.
        return self.item(torch.tensor(items)) * self.item.embedding_dim**0.5 + self.position.weight[-len(items) :]

    def logits(self, items):
        """Scores after each of these items; for none, those of one padding event. [T, n_items + 1]"""
        x = self.embedded(items or [0])
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.item.weight.T

    def looks(self, items):
        x, looks = self.embedded(items), []
        for block in self.blocks:
            normed = block.attention_norm(x)
            looks.append(look(block.attention, normed, normed, later(len(items))))
            x = block(x)
        return torch.stack(looks)


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
    return Attentive("transformer", "Transformer", model, tensors, spec, optimizer)


class Form(nn.Module):
    """Another form of it, of PyTorch's own layers: norms before or after, ReLU or GELU, sinusoids or learnt
    positions, tied or not."""

    def __init__(self, spec):
        super().__init__()
        d_model = spec["d_model"]
        self.spec = spec
        before = spec["norm"] == "Before"
        self.item = nn.Embedding(N_ITEMS + 1, d_model)
        self.position = nn.Embedding(SEQ_LEN, d_model) if spec["positions"] == "Learned" else None
        self.blocks = nn.ModuleList(
            encoder_layer(d_model, spec["n_heads"], spec["d_ff"], before, spec["activation"].lower())
            for _ in range(spec["n_layers"])
        )
        self.norm = nn.LayerNorm(d_model, eps=1e-8) if before else nn.Identity()
        self.output = self.item if spec["tied"] else nn.Embedding(N_ITEMS + 1, d_model)
        # What is told of events beside their items: see told.py.
        self.features = None

    def embedded(self, items, beside):
        x = self.item(torch.tensor(items))
        if self.features is not None:
            x = self.features(x, beside)
        x = x * self.item.embedding_dim**0.5
        if self.position is None:
            return x + sinusoids(range(SEQ_LEN - len(items), SEQ_LEN), self.item.embedding_dim)
        return x + self.position.weight[-len(items) :]

    def states(self, items, beside=None):
        x = self.embedded(items, beside)
        for block in self.blocks:
            x = block(x[None], src_mask=later(len(items)))[0]
        return self.norm(x)

    def logits(self, items):
        return self.states(items or [0]) @ self.output.weight.T

    def looks(self, items):
        x, looks = self.embedded(items, None), []
        for block in self.blocks:
            looks.append(own_look(block, x, later(len(items))))
            x = block(x[None], src_mask=later(len(items)))[0]
        return torch.stack(looks)

    def tensors(self):
        tensors = {"item.weight": same(self.item.weight)}
        for at, block in enumerate(self.blocks):
            tensors |= encoder_tensors(f"blocks.{at}", block)
        if self.position is not None:
            tensors["position.weight"] = same(self.position.weight)
        if self.spec["norm"] == "Before":
            tensors |= layer_norm("norm", self.norm)
        if not self.spec["tied"]:
            tensors["output.weight"] = same(self.output.weight)
        return tensors


class Turned(nn.Module):
    """Rotary positions (Su et al. 2021) by complex numbers, or none, with a bias for the time between events."""

    def __init__(self, spec):
        super().__init__()
        d_model = spec["d_model"]
        self.spec = spec
        self.item = nn.Embedding(N_ITEMS + 1, d_model)
        self.blocks = nn.ModuleList(
            encoder_layer(d_model, spec["n_heads"], spec["d_ff"], True, spec["activation"].lower())
            for _ in range(spec["n_layers"])
        )
        self.norm = nn.LayerNorm(d_model, eps=1e-8)
        self.interval = nn.Parameter(torch.zeros(32, spec["n_heads"])) if spec["intervals"] else None

    def turned(self, x):
        """Number i of a head and number i + half are the parts of a complex number. [n_heads, T, d_head]"""
        if self.spec["positions"] != "Rotary":
            return x
        half = x.shape[-1] // 2
        places = torch.arange(x.shape[1], dtype=torch.float64)
        angles = places[:, None] * 10000.0 ** (-torch.arange(half, dtype=torch.float64) / half)
        z = torch.complex(x[..., :half], x[..., half:]) * torch.polar(torch.ones_like(angles), angles)
        return torch.cat([z.real, z.imag], dim=-1)

    def bias(self, times):
        """[n_heads, T, T]"""
        if self.interval is None or times is None:
            return 0.0
        gaps = (torch.tensor(times)[:, None] - torch.tensor(times)[None]).abs()
        buckets = torch.floor(torch.log2(1.0 + gaps.double())).long().clamp(max=31)
        return self.interval[buckets].permute(2, 0, 1)

    def passed(self, items, times):
        """States after the last norm, and of each block what its heads gave to each event."""
        x, looks = self.item(torch.tensor(items)) * self.item.embedding_dim**0.5, []
        for block in self.blocks:
            attention = block.self_attn
            qkv = F.linear(block.norm1(x), attention.in_proj_weight, attention.in_proj_bias)
            heads = [y.reshape(len(items), self.spec["n_heads"], -1).transpose(0, 1) for y in qkv.chunk(3, dim=-1)]
            query, key, value = self.turned(heads[0]), self.turned(heads[1]), heads[2]
            mask = later(len(items)) + self.bias(times)
            looks.append((query @ key.transpose(1, 2) / query.shape[-1] ** 0.5 + mask).softmax(-1))
            seen = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
            x = x + attention.out_proj(seen.transpose(0, 1).flatten(1))
            x = x + block.linear2(block.activation(block.linear1(block.norm2(x))))
        return self.norm(x), looks

    def logits(self, items, times=None):
        states, _ = self.passed(items, times) if items else self.passed([0], None)
        return states @ self.item.weight.T

    def looks(self, items, times=None):
        return torch.stack(self.passed(items, times)[1])

    def tensors(self):
        tensors = {"item.weight": same(self.item.weight)} | layer_norm("norm", self.norm)
        for at, block in enumerate(self.blocks):
            tensors |= encoder_tensors(f"blocks.{at}", block)
        if self.interval is not None:
            tensors["interval"] = same(self.interval)
        return tensors


class WithTimes(Attentive):
    """Events have times in seconds; gaps from 0 to years."""

    times = [[1000 + 7 ** (at % 9) * at + row for at in range(len(items))] for row, items in enumerate(HISTORIES)]
    beside = {"times": times}

    def expected(self):
        expected = {}
        for row, (items, times) in enumerate(zip(HISTORIES, self.times)):
            window = items[-SEQ_LEN:], times[-SEQ_LEN:]
            expected[f"scores.{row}"] = self.module.logits(*window)
            if items:
                expected[f"attention.{row}"] = self.module.looks(*window)
        return expected

    def loss(self, step):
        terms = []
        for items, times in zip(HISTORIES, self.times):
            items, times = items[-(SEQ_LEN + 1) :], times[-(SEQ_LEN + 1) :]
            if len(items) > 1:
                logits = self.module.logits(items[:-1], times[:-1])[:, 1:]
                terms.append(F.cross_entropy(logits, torch.tensor(items[1:]) - 1, reduction="none"))
        terms = torch.cat(terms)
        return terms.mean(), len(terms), None


def form(name, of, case=Attentive, **settings):
    spec = {
        "d_model": 16, "n_layers": 2, "n_heads": 2, "d_ff": 12, "seq_len": SEQ_LEN, "dropout": 0.0, "norm": "Before",
        "activation": "Relu", "positions": "Learned", "intervals": False, "tied": True,
    } | settings
    model = of(spec)
    return case(name, "Transformer", model, model.tensors(), spec, OPTIMIZER)


def cases():
    return [
        transformer_case(),
        form("transformer_gpt", Form, activation="Gelu", d_ff=64),
        form("transformer_post_norm", Form, norm="After", positions="Sinusoidal", tied=False),
        form("transformer_rotary", Turned, positions="Rotary", activation="Gelu"),
        form("transformer_intervals", Turned, WithTimes, positions="None", intervals=True),
    ]
