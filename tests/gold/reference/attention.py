"""What the references of the Transformer families share."""

import torch
from torch import nn

from .common import HISTORIES, SEQ_LEN, Case, attention_input, dense, layer_norm

GOLDEN, MASK = 0x9E3779B97F4A7C15, 2**64 - 1


def scrambled(bits):
    """The mixing function of SplitMix64 (Steele et al. 2014)."""
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
    return bits ^ (bits >> 31)


def drawn(state, layer, row, at):
    """The number that Seqscope draws for one event: of which layer, row of the batch, place in the row."""
    for n in (layer, row, at):
        state = scrambled(state ^ ((n * GOLDEN) & MASK))
    return scrambled((state + GOLDEN) & MASK)


def share(bits):
    return (bits >> 11) / 2**53


def sinusoids(places, d_model):
    """Vaswani et al. 2017, section 3.5. [len(places), d_model]"""
    angles = torch.tensor(places, dtype=torch.float64)[:, None] / 10000 ** (torch.arange(0, d_model, 2) / d_model)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def encoder_layer(d_model, n_heads, d_ff, norm_first, activation):
    return nn.TransformerEncoderLayer(
        d_model, n_heads, d_ff, dropout=0.0, activation=activation, layer_norm_eps=1e-8, norm_first=norm_first,
        batch_first=True,
    )


def attention(names, module):
    """Our four layers of PyTorch's one."""
    query, key, value, output = names
    tensors = dense(output, module.out_proj)
    for third, name in enumerate([query, key, value]):
        tensors |= attention_input(name, module, third)
    return tensors


def own_attention(name, module):
    return attention([f"{name}.{part}" for part in ["query", "key", "value", "output"]], module)


def encoder_tensors(name, layer):
    """Our names of the tensors of nn.TransformerEncoderLayer."""
    return (
        own_attention(name, layer.self_attn)
        | layer_norm(f"{name}.attention_norm", layer.norm1)
        | layer_norm(f"{name}.feed_norm", layer.norm2)
        | dense(f"{name}.feed_in", layer.linear1)
        | dense(f"{name}.feed_out", layer.linear2)
    )


def decoder_tensors(name, layer):
    """Our names of the tensors of nn.TransformerDecoderLayer."""
    cross = [f"{name}.cross_{part}" for part in ["query", "key", "value", "output"]]
    return (
        own_attention(name, layer.self_attn)
        | attention(cross, layer.multihead_attn)
        | layer_norm(f"{name}.attention_norm", layer.norm1)
        | layer_norm(f"{name}.cross_norm", layer.norm2)
        | layer_norm(f"{name}.feed_norm", layer.norm3)
        | dense(f"{name}.feed_in", layer.linear1)
        | dense(f"{name}.feed_out", layer.linear2)
    )


def look(attention, queries, keys, mask=None):
    """What one look gives to each key. [n_heads, n_queries, n_keys]"""
    return attention(
        queries[None], keys[None], keys[None], attn_mask=mask, need_weights=True, average_attn_weights=False,
    )[1][0]


def own_look(layer, x, mask=None):
    """That of an nn.TransformerEncoderLayer at what goes into it. [n_heads, T, T]"""
    x = layer.norm1(x) if layer.norm_first else x
    return look(layer.self_attn, x, x, mask)


def cross_look(layer, x, encoded, mask):
    """That of an nn.TransformerDecoderLayer at what the encoder made. [n_heads, n_queries, n_keys]"""
    y = layer.norm1(x) if layer.norm_first else x
    y = x + layer.self_attn(y[None], y[None], y[None], attn_mask=mask)[0][0]
    return look(layer.multihead_attn, layer.norm2(y) if layer.norm_first else layer.norm1(y), encoded)


def by_questions(looks):
    """One map of the looks of the questions after each event, each `[n_layers, n_heads, events up to it]`: what
    a look gives to anything else is shared out. [n_layers, n_heads, T, T]"""
    rows = [look / look.sum(-1, keepdim=True) for look in looks]
    return torch.stack([nn.functional.pad(row, (0, len(rows) - row.shape[-1])) for row in rows], dim=2)


class Attentive(Case):
    """A family whose module tells what its attention looked at: `looks(items)`, [n_layers, n_heads, T, T]."""

    def expected(self):
        rows = ((row, items[-SEQ_LEN:]) for row, items in enumerate(HISTORIES) if items)
        return super().expected() | {f"attention.{row}": self.module.looks(items) for row, items in rows}


def later(n):
    """What hides later events. [n, n]"""
    return nn.Transformer.generate_square_subsequent_mask(n, dtype=torch.float64)


# Attention does not depend on the bias of its keys: the gradient is rounding noise, which Adam with a small
# epsilon would blow up to full steps.
OPTIMIZER = {"beta1": 0.9, "beta2": 0.98, "epsilon": 1e-4, "weight_decay": 0.0, "clip_norm": 0.5, "lr": 0.01}
