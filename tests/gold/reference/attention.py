"""What the references of the Transformer families share."""

import torch
from torch import nn

from .common import attention_input, dense, layer_norm

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


def later(n):
    """What hides later events. [n, n]"""
    return nn.Transformer.generate_square_subsequent_mask(n, dtype=torch.float64)


# Attention does not depend on the bias of its keys: the gradient is rounding noise, which Adam with a small
# epsilon would blow up to full steps.
OPTIMIZER = {"beta1": 0.9, "beta2": 0.98, "epsilon": 1e-4, "weight_decay": 0.0, "clip_norm": 0.5, "lr": 0.01}
