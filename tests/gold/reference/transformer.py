"""The causal Transformer."""

import torch
import torch.nn.functional as F
from torch import nn

from .common import N_ITEMS, SEQ_LEN, Case, attention_input, dense, layer_norm, same


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
    return Case("transformer", "Transformer", model, tensors, spec, optimizer)


def cases():
    return [transformer_case()]
