"""Whether the twins of step.py compute what Seqscope computes: their losses and scores on the weights and histories
of tests/gold, held against the references there, against which tests/it/gold.rs holds Seqscope.

    python tests/bench/agree.py

What is drawn (hidden events, cuts) is what the references draw; noise is 0 on both sides, dropout and free bits are
off, and bags are plain.
"""

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent.parent / "gold"))

from reference import autoencoder, bert4rec, encoder_decoder, recurrent, sequential_vae, transformer, vae
from reference.attention import drawn, share
from reference.common import HISTORIES, N_ITEMS, NOISE_STATES, SEQ_LEN

import step

TOLERANCE = 1e-9


# ------------------------------------------------------------------------------------------------
# Weights of a reference in its twin
# ------------------------------------------------------------------------------------------------


def put(twin, reference):
    with torch.no_grad():
        assert twin.shape == reference.shape, (twin.shape, reference.shape)
        twin.copy_(reference)


def same(twin, reference):
    """Parameters in the order in which both modules have them."""
    for ours, theirs in zip(twin.parameters(), reference.parameters(), strict=True):
        put(ours, theirs)


def attention(twin, reference):
    put(twin.query_key_value.weight, reference.in_proj_weight)
    put(twin.query_key_value.bias, reference.in_proj_bias)
    same(twin.output, reference.out_proj)


def block(twin, reference):
    """Of nn.TransformerEncoderLayer or nn.TransformerDecoderLayer, or the gold Transformer's own block."""
    if hasattr(reference, "attention"):
        norms, attentions = [reference.attention_norm, reference.feed_norm], [reference.attention]
        feed = [reference.feed_in, reference.feed_out]
    else:
        norms = [getattr(reference, name) for name in ["norm1", "norm2", "norm3"] if hasattr(reference, name)]
        attentions = [getattr(reference, name) for name in ["self_attn", "multihead_attn"] if hasattr(reference, name)]
        feed = [reference.linear1, reference.linear2]
    twin_norms = [twin.attention_norm] + ([twin.cross_norm] if twin.cross else []) + [twin.feed_norm]
    for ours, theirs in zip(twin_norms, norms, strict=True):
        same(ours, theirs)
    for ours, theirs in zip([twin.attention] + ([twin.cross] if twin.cross else []), attentions, strict=True):
        attention(ours, theirs)
    for ours, theirs in zip([twin.feed_in, twin.feed_out], feed, strict=True):
        same(ours, theirs)


def parts(twin, reference, names):
    for name in names:
        ours, theirs = getattr(twin, name), getattr(reference, name)
        if isinstance(ours, torch.Tensor):
            if isinstance(ours, torch.nn.Parameter):
                put(ours, theirs if isinstance(theirs, torch.Tensor) else theirs.weight)
        elif isinstance(ours, torch.nn.ModuleList) and isinstance(ours[0], step.Block):
            for one, other in zip(ours, theirs, strict=True):
                block(one, other)
        else:
            same(ours, theirs)


# ------------------------------------------------------------------------------------------------
# Twins with the weights of a case
# ------------------------------------------------------------------------------------------------


def built(case, **settings):
    case.fill()
    filled = {"attention_dropout": 0.0, "norm": "Before", "activation": "Relu", "n_hidden": 1} | case.spec | settings
    return step.TWINS[case.family]({"n_items": N_ITEMS, "settings": filled})


def of_transformer(case):
    twin = built(case)
    parts(twin, case.module, ["item", "position", "blocks", "norm"])
    return twin


def of_recurrent(case):
    twin = built(case)
    parts(twin, case.module, ["item", "output"])
    for at, layer in enumerate(case.module.layers):
        for name in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]:
            put(getattr(twin.recurrent, f"{name}_l{at}"), getattr(layer, f"{name}_l0"))
    return twin


def of_bert4rec(case):
    twin = built(case)
    parts(twin, case.module, ["item", "position", "input_norm", "blocks", "norm", "head", "bias"])
    samples = list(case.samples(NOISE_STATES[0]))

    def sample(_items):
        inputs, hidden = samples.pop(0)
        return np.array([hidden.get(at, item) for at, item in enumerate(inputs)]), list(hidden)

    twin.sample = sample
    return twin


def of_encoder_decoder(case):
    twin = built(case)
    parts(twin, case.module, ["item", "position", "ahead", "encoder", "decoder", "encoder_norm", "norm"])
    rows = [row for row, items in enumerate(HISTORIES) if len(items) > 1]

    def cuts(items):
        row, n_places, n = rows.pop(0), len(items) - 1, twin.n_cuts
        places = [
            (part + share(drawn(NOISE_STATES[0], encoder_decoder.CUT, row, part))) / n * n_places for part in range(n)
        ]
        for at in sorted({1 + min(int(place), n_places - 1) for place in places}):
            yield items[:at][-SEQ_LEN:], items[at : at + twin.n_ahead]

    twin.cuts = cuts
    return twin


def of_bags(case):
    case.module.recency = 1.0
    twin = built(case, dropout=0.0)
    same(twin, case.module)
    return twin


def without_noise(case):
    """Of a variational family: no noise, no free bits, and beta as it stands at the case's first step."""
    case.spec["free_bits"] = 0.0
    return {"beta": vae.annealed_beta(case.spec, case.first_step, case.n_steps)}


def of_vae(case):
    case.module.recency = 1.0
    twin = built(case, dropout=0.0, **without_noise(case))
    same(twin, case.module)
    return twin


def of_sequential_vae(case):
    twin = built(case, **without_noise(case))
    parts(twin, case.module, ["item", "encoder", "mean", "log_variance", "decoder", "output"])
    same(twin.recurrent, case.module.gru)
    return twin


def families():
    """Of each family its cases; the twins have the plain forms, and what else cases are about is passed over."""
    yield of_transformer, transformer.cases()[:1]
    yield of_bert4rec, bert4rec.cases()
    yield of_encoder_decoder, encoder_decoder.cases()
    plain = ["lstm", "lstm_2_layers", "gru", "rnn", "rnn_2_layers"]
    yield of_recurrent, [case for case in recurrent.cases() if case.name in plain]
    yield of_vae, vae.cases()[:1]
    yield of_bags, autoencoder.cases()
    yield of_sequential_vae, sequential_vae.cases()


def errors(twin, case):
    """Relative error of the loss, and the largest of the scores."""
    wanted, _, _ = case.loss(case.first_step)
    found = twin.loss(*twin.batch([np.array(items) for items in HISTORIES if items], "cpu"))
    rows = [items for items in HISTORIES if items]
    limit = None if isinstance(twin, (step.Vae, step.Autoencoder)) else -SEQ_LEN
    scores = torch.stack([case.module.logits(items[limit:])[-1][1:] for items in rows])
    ours = twin.scores(*twin.questions([np.array(items) for items in rows], "cpu"))
    return [(found / wanted - 1).abs().item(), ((ours - scores).abs().max() / scores.abs().max()).item()]


def main():
    torch.set_default_dtype(torch.float64)
    torch.randn_like = torch.zeros_like
    sequential_vae.noise_of_event = lambda _state, _row, _at, n: [0.0] * n
    vae.normals = lambda _state, n: [0.0] * n
    agree, asked = True, set()
    for twin_of, cases in families():
        for case in cases:
            with torch.no_grad():
                found = errors(twin_of(case).eval(), case)
            agree &= max(found) <= TOLERANCE
            asked.add(case.family)
            print(f"{case.name:<24} loss {found[0]:.0e}, scores {found[1]:.0e}")
    missing = sorted(set(step.TWINS) - asked)
    sys.exit(0 if agree and not missing else f"the twins do not agree, or were not asked: {missing}")


if __name__ == "__main__":
    main()
