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
# Events, by the rule of src/bench/events.rs
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


class Block(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout):
        super().__init__()
        self.n_heads = n_heads
        self.attention_norm = nn.LayerNorm(d_model, eps=1e-8)
        self.query_key_value = nn.Linear(d_model, 3 * d_model)
        self.output = nn.Linear(d_model, d_model)
        self.feed_norm = nn.LayerNorm(d_model, eps=1e-8)
        self.feed_in = nn.Linear(d_model, d_ff)
        self.feed_out = nn.Linear(d_ff, d_model)
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        n_rows, n, d_model = x.shape
        heads = self.query_key_value(self.attention_norm(x)).view(n_rows, n, 3, self.n_heads, -1).permute(2, 0, 3, 1, 4)
        # Padding stands at the end, so that "nothing later" also hides it from every event.
        seen = F.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_causal=True)
        x = x + self.drop(self.output(seen.transpose(1, 2).reshape(n_rows, n, d_model)))
        return x + self.drop(self.feed_out(F.relu(self.feed_in(self.feed_norm(x)))))


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
        self.position = nn.Embedding(s["seq_len"], s["d_model"])
        nn.init.normal_(self.position.weight, std=0.02)
        self.blocks = nn.ModuleList(
            Block(s["d_model"], s["n_heads"], s["d_ff"], s["dropout"]) for _ in range(s["n_layers"]))
        self.norm = nn.LayerNorm(s["d_model"], eps=1e-8)
        self.drop = nn.Dropout(s["dropout"])

    def forward(self, inputs):
        n = inputs.shape[1]
        # Positions count from the end of each history; those of padding do not matter.
        n_real = (inputs != 0).sum(1, keepdim=True)
        places = (torch.arange(n, device=inputs.device) + self.seq_len - n_real).clamp(max=self.seq_len - 1)
        x = self.item(inputs) * math.sqrt(self.item.embedding_dim) + self.position(places)
        x = self.drop(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


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
        """1 for every item of a row; column 0, padding, goes."""
        bags = torch.zeros(len(items), self.n_items + 1, device=items.device)
        return bags.scatter_(1, items, 1.0)[:, 1:]

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


# One twin a family, by its name in experiment files.
# Families that Seqscope measures alone.
WITHOUT = {"Bert4Rec", "EncoderDecoder", "Autoencoder", "SequentialVae"}

TWINS = {"Transformer": Transformer, "Lstm": Lstm, "Gru": Gru, "Rnn": Rnn, "Vae": Vae}


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
