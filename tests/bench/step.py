"""The PyTorch twin of `seqscope bench`: the same models, events, losses and optimiser, under the same names.

    seqscope bench --list --json | python tests/bench/step.py --threads 2

Each line of standard input is a case as Seqscope lists it; each line of standard output is a row like those of
`seqscope bench --json`, with `"mode": "eager"` or `"compiled"` beside. What has no twin here, or does not fit into
memory, is passed over with a line on standard error. Written for speed as PyTorch users write it: fused attention
(`scaled_dot_product_attention`), the packed projection of queries, keys and values, PyTorch's own recurrent layers,
and the fused AdamW; batches of steps are made beforehand.
"""

import argparse
import json
import math
import os
import resource
import sys
import time

# Threads that wait for work must not spin, as ours do not. Before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

LR, BETAS, EPSILON, CLIP_NORM = 1e-3, (0.9, 0.999), 1e-8, 5.0
# As in Seqscope: ten runs, and three where that takes longer than twenty seconds.
LEAST, MOST, ENOUGH_SECS = 3, 10, 20.0
WARM_SECS, MOST_WARM_UPS = 2.0, 3
# Users whose scores are computed at once.
EVALUATION_BLOCK = 256


# ------------------------------------------------------------------------------------------------
# Events, by the rule of src/engine/bench/events.rs
# ------------------------------------------------------------------------------------------------

# (so many 128ths of the users, have no more events than this)
LENGTHS = [(0, 18), (16, 30), (32, 44), (48, 64), (64, 96), (80, 137), (96, 208), (112, 350), (120, 509),
           (124, 683), (127, 962), (128, 2277)]


def numbers(seed, at):
    """SplitMix64 (Steele et al. 2014) at these places."""
    with np.errstate(over="ignore"):
        bits = np.uint64(seed) + (at + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return bits ^ (bits >> np.uint64(31))


def history(seed, user, n_events, n_items):
    bits = numbers(seed, np.arange(n_events, dtype=np.uint64) + np.uint64(user << 20))
    product = ((bits >> np.uint64(32)) * (bits & np.uint64(0xFFFFFFFF))) >> np.uint64(32)
    return (1 + ((product * np.uint64(n_items)) >> np.uint64(32))).astype(np.int64)


def length(seed, user):
    at = int(numbers(seed, np.array([2**64 - 2 - user], dtype=np.uint64))[0]) >> 32
    for (start, short), (end, long) in zip(LENGTHS, LENGTHS[1:]):
        if at < end << 25:
            return short + (long - short) * (at - (start << 25)) // ((end - start) << 25)
    raise ValueError(at)


def histories(case):
    """One array of items a user, as Seqscope draws them: the sum of all items must be the same."""
    seed, n_items = case["seed"], case["n_items"]
    if case["task"] == "step":
        lengths = [case["n_events"]] * case["batch_size"]
    else:
        more = 1 if case["task"] == "evaluation" else 0
        lengths = [length(seed, user) + more for user in range(case["n_users"])]
    drawn = [history(seed, user, n, n_items) for user, n in enumerate(lengths)]
    total = sum(int(items.sum()) for items in drawn)
    if total != case["checksum"]:
        raise SystemExit(f"{case['work']}: the events are not those of Seqscope; take script and program of one version")
    return drawn


# ------------------------------------------------------------------------------------------------
# Models
# ------------------------------------------------------------------------------------------------


def padded(rows, n_columns, device):
    """Rows below each other, padded with 0 at the end."""
    batch = np.zeros((len(rows), n_columns), dtype=np.int64)
    for at, items in enumerate(rows):
        batch[at, : len(items)] = items
    return torch.from_numpy(batch).to(device)


class Attention(nn.Module):
    """Of several heads; queries, keys and values in one product where all are of the same states."""

    def __init__(self, d_model, n_heads, dropout=0.0):
        super().__init__()
        self.n_heads, self.dropout = n_heads, dropout
        self.query_key_value = nn.Linear(d_model, 3 * d_model)
        self.output = nn.Linear(d_model, d_model)

    def heads(self, x, n):
        return x.view(*x.shape[:2], n, self.n_heads, -1).permute(2, 0, 3, 1, 4)

    def forward(self, x, encoded=None, mask=None, causal=False):
        if encoded is None:
            query, key, value = self.heads(self.query_key_value(x), 3)
        else:
            d_model = x.shape[-1]
            weight, bias = self.query_key_value.weight, self.query_key_value.bias
            (query,) = self.heads(F.linear(x, weight[:d_model], bias[:d_model]), 1)
            key, value = self.heads(F.linear(encoded, weight[d_model:], bias[d_model:]), 2)
        dropout = self.dropout if self.training else 0.0
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout, is_causal=causal)
        return self.output(seen.transpose(1, 2).reshape(x.shape))


class Block(nn.Module):
    """Attention and feed-forward, each with a residual and a norm before or after; in a decoder a look at the
    encoder between them."""

    def __init__(self, s, activation, with_encoder=False):
        super().__init__()
        d_model, self.before, self.activation = s["d_model"], s["norm"] == "Before", activation
        self.attention_norm = nn.LayerNorm(d_model, eps=1e-8)
        self.attention = Attention(d_model, s["n_heads"], s["attention_dropout"])
        self.cross_norm = nn.LayerNorm(d_model, eps=1e-8) if with_encoder else None
        self.cross = Attention(d_model, s["n_heads"], s["attention_dropout"]) if with_encoder else None
        self.feed_norm = nn.LayerNorm(d_model, eps=1e-8)
        self.feed_in = nn.Linear(d_model, s["d_ff"])
        self.feed_out = nn.Linear(s["d_ff"], d_model)
        self.drop = nn.Dropout(s["dropout"])

    def part(self, norm, x, layers):
        return x + self.drop(layers(norm(x))) if self.before else norm(x + self.drop(layers(x)))

    def fed(self, x):
        return self.feed_out(self.activation(self.feed_in(x)))

    def forward(self, x, mask=None, causal=False, encoded=None, encoded_mask=None):
        x = self.part(self.attention_norm, x, lambda x: self.attention(x, mask=mask, causal=causal))
        if self.cross is not None:
            x = self.part(self.cross_norm, x, lambda x: self.cross(x, encoded, encoded_mask))
        return self.part(self.feed_norm, x, self.fed)


ACTIVATIONS = {"Relu": F.relu, "Gelu": F.gelu}


def norm_at_the_end(s):
    return nn.LayerNorm(s["d_model"], eps=1e-8) if s["norm"] == "Before" else nn.Identity()


def vectors(n, d_model):
    table = nn.Embedding(n, d_model)
    nn.init.normal_(table.weight, std=0.02)
    return table


def latest_places(n_real, n, n_places):
    """Of each row's cells the place in a table that counts from the latest event; of padding, whatever."""
    return (torch.arange(n, device=n_real.device) + n_places - n_real[:, None]).clamp(max=n_places - 1)


def keys(inputs):
    """Which cells may be looked at: None where nothing is padded. [n_rows, 1, 1, n]"""
    real = inputs != 0
    return None if real.all() else real[:, None, None, :]


def sinusoids(n, d_model):
    angles = torch.arange(n)[:, None] / 10000 ** (torch.arange(0, d_model, 2) / d_model)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


class Sequential(nn.Module):
    """What reads events in order: the loss is that of every next item among the whole catalogue."""

    def __init__(self, case):
        super().__init__()
        self.seq_len = case["settings"]["seq_len"]
        self.item = nn.Embedding(case["n_items"] + 1, case["settings"]["d_model"])
        nn.init.normal_(self.item.weight, std=0.02)

    def batch(self, rows, device):
        """Inputs and targets: of each row the last events that the window holds."""
        rows = [items[-(self.seq_len + 1):] for items in rows]
        n_columns = max(len(items) for items in rows) - 1
        inputs = padded([items[:-1] for items in rows], n_columns, device)
        targets = padded([items[1:] for items in rows], n_columns, device)
        return inputs, targets.flatten()

    def loss(self, inputs, targets):
        hidden = self(inputs).flatten(0, 1)
        if (targets == 0).any():
            real = targets.nonzero().squeeze(1)
            hidden, targets = hidden[real], targets[real]
        return F.cross_entropy(hidden @ self.item.weight[1:].T, targets - 1)

    def full_loss(self, inputs, targets):
        """The same where nothing is padded, without asking."""
        return F.cross_entropy(self(inputs).flatten(0, 1) @ self.item.weight[1:].T, targets - 1)

    def questions(self, rows, device):
        rows = [items[-self.seq_len:] for items in rows]
        last = torch.tensor([len(items) - 1 for items in rows], device=device)
        return padded(rows, max(len(items) for items in rows), device), last

    def scores(self, inputs, last):
        hidden = self(inputs)[torch.arange(len(inputs), device=inputs.device), last]
        return hidden @ self.item.weight[1:].T


class Transformer(Sequential):
    def __init__(self, case):
        super().__init__(case)
        s = case["settings"]
        self.position = vectors(s["seq_len"], s["d_model"])
        self.blocks = nn.ModuleList(Block(s, ACTIVATIONS[s["activation"]]) for _ in range(s["n_layers"]))
        self.norm = norm_at_the_end(s)
        self.drop = nn.Dropout(s["dropout"])

    def forward(self, inputs):
        places = latest_places((inputs != 0).sum(1), inputs.shape[1], self.seq_len)
        x = self.item(inputs) * math.sqrt(self.item.embedding_dim) + self.position(places)
        x = self.drop(x)
        for block in self.blocks:
            # Padding stands at the end, so that "nothing later" also hides it from every event.
            x = block(x, causal=True)
        return self.norm(x)


class Bert4Rec(nn.Module):
    """The masked Transformer (Sun et al. 2019): the loss is that of every hidden event."""

    def __init__(self, case):
        super().__init__()
        s, self.n_items = case["settings"], case["n_items"]
        self.length = s["seq_len"] + 1
        self.shares = s["mask_share"], s["last_share"]
        self.item = vectors(self.n_items + 2, s["d_model"])
        self.position = vectors(self.length, s["d_model"])
        self.input_norm = nn.LayerNorm(s["d_model"], eps=1e-8)
        self.blocks = nn.ModuleList(Block(s, F.gelu) for _ in range(s["n_layers"]))
        self.norm = norm_at_the_end(s)
        self.head = nn.Linear(s["d_model"], s["d_model"])
        self.bias = nn.Parameter(torch.zeros(self.n_items + 1))
        self.drop = nn.Dropout(s["dropout"])
        self.generator = np.random.default_rng(0)

    def sample(self, items):
        """A window of a history, and the places in it that are hidden."""
        share, last = self.shares
        if self.generator.random() < last:
            window = items[-self.length:]
            return window, [len(window) - 1]
        start = self.generator.integers(max(len(items) - self.length, 0) + 1)
        window = items[start : start + self.length]
        n_hidden = max(1, int(len(window) * share + 0.5))
        return window, np.sort(self.generator.permutation(len(window))[:n_hidden])

    def batch(self, rows, device):
        """Inputs, which of them may be looked at, flat places of the hidden events, and those."""
        samples = [self.sample(items) for items in rows if len(items) > 1]
        n_columns = max(len(window) for window, _ in samples)
        inputs = padded([window for window, _ in samples], n_columns, "cpu")
        places = torch.from_numpy(np.concatenate([row * n_columns + at for row, (_, at) in enumerate(
            (window, np.asarray(at)) for window, at in samples)]))
        targets = inputs.flatten()[places]
        inputs.view(-1)[places] = self.n_items + 1
        mask = keys(inputs)
        return tuple(None if t is None else t.to(device) for t in (inputs, mask, places, targets))

    def hidden(self, inputs, mask):
        places = latest_places((inputs != 0).sum(1), inputs.shape[1], self.length)
        x = self.drop(self.input_norm(self.item(inputs) + self.position(places)))
        for block in self.blocks:
            x = block(x, mask=mask)
        return self.norm(x)

    def of_catalogue(self, hidden):
        return F.gelu(self.head(hidden)) @ self.item.weight[1:-1].T + self.bias[1:]

    def loss(self, inputs, mask, places, targets):
        return F.cross_entropy(self.of_catalogue(self.hidden(inputs, mask).flatten(0, 1)[places]), targets - 1)

    full_loss = loss

    def questions(self, rows, device):
        rows = [np.append(items[-(self.length - 1):], self.n_items + 1) for items in rows]
        last = torch.tensor([len(items) - 1 for items in rows], device=device)
        inputs = padded(rows, max(len(items) for items in rows), device)
        return inputs, keys(inputs), last

    def scores(self, inputs, mask, last):
        hidden = self.hidden(inputs, mask)[torch.arange(len(inputs), device=inputs.device), last]
        return self.of_catalogue(hidden)


class EncoderDecoder(nn.Module):
    """Vaswani et al. 2017 with items for words: the loss is that of the events after each cut."""

    def __init__(self, case):
        super().__init__()
        s, self.n_items = case["settings"], case["n_items"]
        self.seq_len, self.n_ahead, self.n_cuts = s["seq_len"], s["n_ahead"], s["n_cuts"]
        d_model, learned, activation = s["d_model"], s["positions"] == "Learned", ACTIVATIONS[s["activation"]]
        self.item = vectors(self.n_items + 2, d_model)
        of_places = lambda n: vectors(n, d_model).weight if learned else nn.Buffer(sinusoids(n, d_model))
        self.position, self.ahead = of_places(self.seq_len), of_places(self.n_ahead)
        self.encoder = nn.ModuleList(Block(s, activation) for _ in range(s["n_layers"]))
        self.decoder = nn.ModuleList(Block(s, activation, with_encoder=True) for _ in range(s["n_layers"]))
        self.encoder_norm, self.norm = norm_at_the_end(s), norm_at_the_end(s)
        self.drop = nn.Dropout(s["dropout"])
        self.generator = np.random.default_rng(0)

    def cuts(self, items):
        """One place in each of so many equal parts of a history."""
        n_places = len(items) - 1
        parts = (np.arange(self.n_cuts) + self.generator.random(self.n_cuts)) / self.n_cuts * n_places
        for at in np.unique(1 + np.minimum(parts.astype(int), n_places - 1)):
            yield items[:at][-self.seq_len:], items[at : at + self.n_ahead]

    def batch(self, rows, device):
        """What is read, which of it may be looked at, what goes into the decoder, what it is to tell."""
        cuts = [cut for items in rows if len(items) > 1 for cut in self.cuts(items)]
        past = padded([past for past, _ in cuts], max(len(past) for past, _ in cuts), device)
        targets = padded([ahead for _, ahead in cuts], self.n_ahead, device)
        start = torch.full_like(targets[:, :1], self.n_items + 1)
        return past, keys(past), torch.cat([start, targets[:, :-1]], dim=1), targets.flatten()

    def encoded(self, past, mask):
        places = latest_places((past != 0).sum(1), past.shape[1], self.seq_len)
        x = self.drop(self.item(past) * math.sqrt(self.item.embedding_dim) + self.position[places])
        for block in self.encoder:
            x = block(x, mask=mask)
        return self.encoder_norm(x)

    def foretold(self, past, mask, before):
        """What is multiplied with the item vectors. [n_rows, n_ahead, d_model]"""
        encoded = self.encoded(past, mask)
        x = self.drop(self.item(before) * math.sqrt(self.item.embedding_dim) + self.ahead[: before.shape[1]])
        for block in self.decoder:
            x = block(x, causal=True, encoded=encoded, encoded_mask=mask)
        return self.norm(x)

    def loss(self, past, mask, before, targets):
        scores = self.foretold(past, mask, before).flatten(0, 1) @ self.item.weight[1:-1].T
        # Nothing is to be told where a history has ended: target 0 here.
        return F.cross_entropy(scores, targets - 1, ignore_index=-1)

    full_loss = loss

    def questions(self, rows, device):
        past = padded([items[-self.seq_len:] for items in rows], min(max(map(len, rows)), self.seq_len), device)
        return past, keys(past), torch.full((len(rows), 1), self.n_items + 1, device=device)

    def scores(self, past, mask, before):
        return self.foretold(past, mask, before)[:, 0] @ self.item.weight[1:-1].T


class Recurrent(Sequential):
    layer = None
    # Of the hidden state's bias, which PyTorch always adds to that of the input: the share that Seqscope has.
    second_bias = 0.0

    def __init__(self, case):
        super().__init__(case)
        s = case["settings"]
        self.recurrent = self.layer(s["d_model"], s["d_hidden"], num_layers=s.get("n_layers", 1), batch_first=True)
        self.output = nn.Linear(s["d_hidden"], s["d_model"])
        self.drop = nn.Dropout(s["dropout"])

    def forward(self, inputs):
        states, _ = self.recurrent(self.drop(self.item(inputs)))
        return self.output(self.drop(states))


class Lstm(Recurrent):
    layer = nn.LSTM


class Gru(Recurrent):
    layer = nn.GRU
    # The candidate's stands inside its reset gate.
    second_bias = 1 / 3


class Rnn(Recurrent):
    layer = nn.RNN


def bags(items, n_items):
    """1 for every item of a row; column 0, padding, goes. [n_rows, n_items]"""
    bags = torch.zeros(len(items), n_items + 1, device=items.device)
    return bags.scatter_(1, items, 1.0)[:, 1:]


class Vae(nn.Module):
    """Mult-VAE (Liang et al. 2018); the loss is the negative lower bound an item of a bag."""

    def __init__(self, case):
        super().__init__()
        s, self.n_items = case["settings"], case["n_items"]
        self.encoder = nn.Linear(self.n_items, s["d_hidden"])
        self.mean = nn.Linear(s["d_hidden"], s["d_latent"])
        self.log_variance = nn.Linear(s["d_hidden"], s["d_latent"])
        self.decoder = nn.Linear(s["d_latent"], s["d_hidden"])
        self.output = nn.Linear(s["d_hidden"], self.n_items)
        self.drop = nn.Dropout(s["dropout"])
        self.beta = s["beta"]

    def batch(self, rows, device):
        return (padded(rows, max(len(items) for items in rows), device),)

    def bags(self, items):
        return bags(items, self.n_items)

    def encode(self, bags):
        hidden = torch.tanh(self.encoder(bags))
        return self.mean(hidden), self.log_variance(hidden)

    def decode(self, latent):
        return self.output(torch.tanh(self.decoder(latent)))

    def loss(self, items):
        bags = self.bags(items)
        mean, log_variance = self.encode(self.drop(F.normalize(bags)))
        latent = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        nll = -(F.log_softmax(self.decode(latent), dim=1) * bags).sum()
        kl = 0.5 * (log_variance.exp() + mean.square() - log_variance - 1).sum()
        return (nll + self.beta * kl) / bags.sum()

    full_loss = loss

    def questions(self, rows, device):
        return self.batch(rows, device)

    def scores(self, items):
        mean, _ = self.encode(F.normalize(self.bags(items)))
        return self.decode(mean)


class Autoencoder(nn.Module):
    """Multi-DAE (Liang et al. 2018); the loss is the negative log-likelihood an item of a bag."""

    def __init__(self, case):
        super().__init__()
        s, self.n_items = case["settings"], case["n_items"]
        hidden = [s["d_hidden"]] * s["n_hidden"]
        widths = [self.n_items, *hidden, s["d_latent"], *hidden, self.n_items]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        self.drop = nn.Dropout(s["corruption"])
        self.competes = s["likelihood"] == "Multinomial"

    def batch(self, rows, device):
        return (padded(rows, max(len(items) for items in rows), device),)

    def decoded(self, x):
        for layer in self.layers[:-1]:
            x = torch.tanh(layer(x))
        return self.layers[-1](x)

    def loss(self, items):
        wanted = bags(items, self.n_items)
        scores = self.decoded(self.drop(F.normalize(wanted)))
        if self.competes:
            return -(F.log_softmax(scores, dim=1) * wanted).sum() / wanted.sum()
        return F.binary_cross_entropy_with_logits(scores, wanted, reduction="sum") / wanted.sum()

    full_loss = loss

    def questions(self, rows, device):
        return self.batch(rows, device)

    def scores(self, items):
        return self.decoded(F.normalize(bags(items, self.n_items)))


class SequentialVae(nn.Module):
    """Sachdeva et al. 2019; the loss is the negative lower bound an item that is told."""

    second_bias = 1 / 3

    def __init__(self, case):
        super().__init__()
        s, self.n_items = case["settings"], case["n_items"]
        self.seq_len, self.n_ahead, self.beta = s["seq_len"], s["n_ahead"], s["beta"]
        self.item = vectors(self.n_items + 1, s["d_model"])
        self.recurrent = nn.GRU(s["d_model"], s["d_state"], batch_first=True)
        self.encoder = nn.Linear(s["d_state"], s["d_hidden"])
        self.mean = nn.Linear(s["d_hidden"], s["d_latent"])
        self.log_variance = nn.Linear(s["d_hidden"], s["d_latent"])
        self.decoder = nn.Linear(s["d_latent"], s["d_hidden"])
        self.output = nn.Linear(s["d_hidden"], self.n_items)
        self.drop = nn.Dropout(s["dropout"])

    def batch(self, rows, device):
        """Inputs, and after each the different items among the next, 0 where there is no other."""
        rows = [items[-(self.seq_len + 1):] for items in rows if len(items) > 1]
        n_columns = max(len(items) for items in rows) - 1
        inputs = padded([items[:-1] for items in rows], n_columns, device)
        ahead = padded([items[1:] for items in rows], n_columns + self.n_ahead - 1, device).unfold(1, self.n_ahead, 1)
        earlier = (ahead[..., :, None] == ahead[..., None, :]).tril(-1).any(-1)
        # What comes after the last event of a row is of no event of it.
        return inputs, ahead.masked_fill(earlier, 0) * (inputs != 0)[..., None]

    def encode(self, inputs):
        states, _ = self.recurrent(self.drop(self.item(inputs)))
        return self.drop(states)

    def latent(self, states):
        hidden = torch.tanh(self.encoder(states))
        return self.mean(hidden), self.log_variance(hidden)

    def decode(self, latent):
        return self.output(torch.tanh(self.decoder(latent)))

    def lower_bound(self, states, ahead):
        mean, log_variance = self.latent(states)
        latent = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        # A column of padding in front takes the targets that are none.
        scores = F.pad(F.log_softmax(self.decode(latent), dim=-1), (1, 0))
        kl = 0.5 * (log_variance.exp() + mean.square() - log_variance - 1).sum()
        return (self.beta * kl - scores.gather(-1, ahead).sum()) / (ahead != 0).sum()

    def full_loss(self, inputs, ahead):
        return self.lower_bound(self.encode(inputs), ahead)

    def loss(self, inputs, ahead):
        real = (inputs != 0).flatten().nonzero().squeeze(1)
        return self.lower_bound(self.encode(inputs).flatten(0, 1)[real], ahead.flatten(0, 1)[real])

    def questions(self, rows, device):
        rows = [items[-self.seq_len:] for items in rows]
        last = torch.tensor([len(items) - 1 for items in rows], device=device)
        return padded(rows, max(len(items) for items in rows), device), last

    def scores(self, inputs, last):
        states = self.encode(inputs)[torch.arange(len(inputs), device=inputs.device), last]
        return self.decode(self.latent(states)[0])


# One twin a family, by its name in experiment files.
TWINS = {
    "Transformer": Transformer, "Bert4Rec": Bert4Rec, "EncoderDecoder": EncoderDecoder, "Lstm": Lstm, "Gru": Gru,
    "Rnn": Rnn, "Vae": Vae, "Autoencoder": Autoencoder, "SequentialVae": SequentialVae,
}


# ------------------------------------------------------------------------------------------------
# Work
# ------------------------------------------------------------------------------------------------


def built(case, device):
    """The model of a case: as many learnt numbers as Seqscope's."""
    torch.manual_seed(0)
    model = TWINS[case["family"]](case)
    second = sum(p.numel() for name, p in model.named_parameters() if "bias_hh" in name)
    n_params = sum(p.numel() for p in model.parameters()) - round(second * (1 - getattr(model, "second_bias", 1)))
    if n_params != case["n_params"]:
        raise SystemExit(f"{case['work']}: {n_params} learnt numbers here, {case['n_params']} in Seqscope; the models differ")
    return model.to(device)


class Training:
    def __init__(self, case, device, mode):
        self.model = built(case, device)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=LR, betas=BETAS, eps=EPSILON, weight_decay=0.0, fused=True)
        loss = self.model.full_loss if case["task"] == "step" else self.model.loss
        self.loss = torch.compile(loss, dynamic=False) if mode == "compiled" else loss

    def step(self, batch):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(*batch)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP_NORM)
        self.optimizer.step()
        # Read back, as ours is: on a GPU the step has then been done.
        return loss.item()


def step(case, device, mode):
    training = Training(case, device, mode)
    batch = training.model.batch(histories(case), device)
    return lambda: training.step(batch)


def epoch(case, device, mode):
    training = Training(case, device, mode)
    rows, size = histories(case), case["batch_size"]
    generator = np.random.default_rng(0)

    def once():
        order = generator.permutation(len(rows))
        for start in range(0, len(rows), size):
            training.step(training.model.batch([rows[user] for user in order[start : start + size]], device))

    return once


def evaluation(case, device, _mode):
    model = built(case, device).eval()
    # Rows of like length together, so that little is computed on padding.
    rows = sorted(histories(case), key=len)

    def once():
        with torch.inference_mode():
            tops = []
            for start in range(0, len(rows), EVALUATION_BLOCK):
                tops.append(model.scores(*model.questions(rows[start : start + EVALUATION_BLOCK], device)).topk(10).indices)
            return torch.cat(tops).cpu()

    return once


def ranking(case, device, _mode):
    torch.manual_seed(0)
    d_model = case["settings"]["d_model"]
    users = torch.randn(case["n_users"], d_model, device=device)
    items = torch.randn(case["n_items"], d_model, device=device)

    def once():
        with torch.inference_mode():
            return (users @ items.T).topk(10).indices.cpu()

    return once


# What has no twin: `explanation` is ours alone, and `opening` is compared by open.py.
TASKS = {"step": step, "epoch": epoch, "evaluation": evaluation, "ranking": ranking}
# Batches of one shape; the others would be compiled again and again.
COMPILED = ["step"]


# ------------------------------------------------------------------------------------------------
# Clock
# ------------------------------------------------------------------------------------------------


def secs(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def timed(work, runs, most):
    """Milliseconds of each counted run."""
    warm = 0.0
    for _ in range(MOST_WARM_UPS):
        warm += secs(work)
        if warm >= WARM_SECS:
            break
    least, most, enough = (runs, runs, 0.0) if runs else (LEAST, most, ENOUGH_SECS)
    counted = []
    while len(counted) < least or (len(counted) < most and sum(counted) < enough):
        counted.append(secs(work))
    return sorted(1e3 * s for s in counted)


def row(case, args, mode, ms):
    median = (ms[(len(ms) - 1) // 2] + ms[len(ms) // 2]) / 2
    return {
        "work": case["work"], "device": args.device, "threads": torch.get_num_threads(), "median_ms": median,
        "min_ms": ms[0], "runs": len(ms), "spread": (ms[-1] - ms[0]) / median, "mode": mode,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def refusal(case, device):
    """Why a case is passed over; None where it is not."""
    if case["task"] not in TASKS:
        return "it has no twin here"
    if case["task"] != "ranking" and case["family"] not in TWINS:
        return f"the family {case['family']} has no twin here"
    # Logits, their softmax and their gradient live at the same time.
    n_places = case["batch_size"] * (case["n_events"] - 1 if "seq_len" in case["settings"] else 1)
    wanted = 3 * 4 * n_places * case["n_items"] if case["task"] in ("step", "epoch") else 0
    free = torch.cuda.mem_get_info()[0] if device == "cuda" else free_memory()
    if wanted > free:
        return f"its logits take {wanted / 2**30:.0f} GiB, and {free / 2**30:.0f} GiB are free"
    return None


def free_memory():
    try:
        with open("/proc/meminfo") as file:
            found = [line.split()[1] for line in file if line.startswith("MemAvailable:")]
        return int(found[0]) * 1024
    except (OSError, IndexError):
        return 2**63


def tell(text):
    print(text, file=sys.stderr, flush=True)


def measure(case, args):
    for mode in ["eager", "compiled"] if args.mode == "both" else [args.mode]:
        if mode == "compiled" and case["task"] not in COMPILED:
            continue
        try:
            # Epochs take long and are alike: three tell enough, as in Seqscope.
            most = 3 if case["task"] == "epoch" else MOST
            runs = min(args.repeat, 3) if case["task"] == "epoch" and args.repeat else args.repeat
            ms = timed(TASKS[case["task"]](case, args.device, mode), runs, most)
            print(json.dumps(row(case, args, mode, ms)), flush=True)
        except (RuntimeError, MemoryError) as error:
            what = "torch.compile cannot run here" if mode == "compiled" else "it failed"
            tell(f"{case['work']}: {what}: {str(error).strip().splitlines()[0]}")


def main():
    parser = argparse.ArgumentParser(description="The PyTorch twin of `seqscope bench`; see the top of this file.")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--mode", default="both", choices=["eager", "compiled", "both"])
    parser.add_argument("--repeat", type=int)
    parser.add_argument("--only", default="", metavar="TEXT", help="only work whose name holds this text")
    args = parser.parse_args()
    if sys.stdin.isatty():
        parser.error("give it the cases: seqscope bench --list --json | python tests/bench/step.py")
    if args.threads < 1 or (args.repeat is not None and args.repeat < 1):
        parser.error("--threads and --repeat are whole numbers from 1")
    if args.device == "cuda" and not torch.cuda.is_available():
        parser.error("PyTorch finds no CUDA device here; take --device cpu")
    torch.set_num_threads(args.threads)
    for line in sys.stdin:
        case = json.loads(line)
        if args.only.lower() in case["work"].lower():
            why = refusal(case, args.device)
            tell(f"{case['work']}: passed over, {why}") if why else measure(case, args)


if __name__ == "__main__":
    main()
