"""What is told of events beside their items (features), and what is asked beside the next item (heads)."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from .attention import OPTIMIZER
from .common import HISTORIES, SEQ_LEN, Case, dense, fill, same
from .recurrent import CLIPPED, Recurrent, tensors_of
from .transformer import Form

D_MODEL = 12
N_CLASSES, N_NUMBERS = 5, 2
EVENTS = [(row, at) for row, items in enumerate(HISTORIES) for at in range(len(items))]


def by_history(of):
    return [[of(row, at) for at in range(len(items))] for row, items in enumerate(HISTORIES)]


# A class from 1, 0 where there is none; two numbers, of which some are missing.
CLASSES = by_history(lambda row, at: (3 * row + 2 * at) % (N_CLASSES + 1))
NUMBERS = by_history(lambda row, at: [None if (row + at) % 4 == 3 else (row - at) / 8, 0.25 * (at % 3)])
FEATURES = [{"Index": {"n": N_CLASSES, "idx": CLASSES}}, {"Real": {"width": N_NUMBERS, "values": NUMBERS}}]

HOUR = 3600
HOURS = [1, 6, 24, 72, 168, 336, 720, 1440, 2880, 5760]
N_ELAPSED = len(HOURS) + 2


class Features(nn.Module):
    """A table for the classes, a layer for the numbers; added to the item's vector, or beside it and mixed."""

    def __init__(self, join):
        super().__init__()
        width = D_MODEL if join == "Sum" else min(16, D_MODEL)
        self.table = nn.Embedding(N_CLASSES + 1, width)
        self.dense = nn.Linear(2 * N_NUMBERS, width)
        self.mixed = nn.Linear(D_MODEL + 2 * width, D_MODEL) if join == "Concat" else None

    def forward(self, items, beside):
        """[T, D_MODEL] to the same; without anything beside them, of padding: no class and no number."""
        classes, numbers = beside or ([0], [[None] * N_NUMBERS])
        missing = torch.tensor([[float(number is None) for number in event] for event in numbers])
        filled = torch.tensor([[0.0 if number is None else number for number in event] for event in numbers])
        classes = self.table(torch.tensor(classes))
        numbers = self.dense(torch.cat([filled, missing], dim=1))
        if self.mixed is None:
            return items + classes + numbers
        return self.mixed(torch.cat([items, classes, numbers], dim=1))

    def tensors(self):
        tensors = {"features.tables.0.weight": same(self.table.weight)} | dense("features.dense.0", self.dense)
        return tensors | ({} if self.mixed is None else dense("features.mixed.0", self.mixed))


class Told(nn.Module):
    """A sequence model that is told of features, where `join` says how, and may be asked by a head."""

    def __init__(self, family, join, n_outputs, with_elapsed):
        super().__init__()
        sizes = {"d_model": D_MODEL, "seq_len": SEQ_LEN, "dropout": 0.0}
        if family == "Transformer":
            sizes |= {"n_layers": 2, "n_heads": 2, "d_ff": 16}
            form = {"norm": "Before", "activation": "Relu", "positions": "Learned", "intervals": False, "tied": True}
            self.body = Form(sizes | form)
        else:
            sizes |= {"d_hidden": 16}
            self.body = Recurrent(family, sizes)
        self.spec = sizes | ({} if join is None else {"features": join})
        self.body.features = None if join is None else Features(join)
        self.head = nn.Linear(D_MODEL + with_elapsed * N_ELAPSED, n_outputs) if n_outputs else None

    def states(self, row, n):
        """State after each of the last `SEQ_LEN` among the first `n` events of a history. [T, D_MODEL]"""
        window = slice(max(n - SEQ_LEN, 0), n)
        items, beside = HISTORIES[row][window], (CLASSES[row][window], NUMBERS[row][window])
        if isinstance(self.body, Form):
            return self.body.states(items, beside) if items else self.body.states([0])
        return self.body.hidden(self.body.states(items, beside=beside)) if items else self.body.output.bias[None]

    def tensors(self):
        tensors = self.body.tensors() if isinstance(self.body, Form) else tensors_of(self.body)
        if self.body.features is not None:
            tensors |= self.body.features.tensors()
        if self.head is None:
            return tensors
        return {f"body.{name}": tensor for name, tensor in tensors.items()} | dense("head", self.head)


class ToldCase(Case):
    """The next item, told of features."""

    def __init__(self, name, family, join, n_outputs=0, with_elapsed=False):
        model = Told(family, join, n_outputs, with_elapsed)
        optimizer = OPTIMIZER if family == "Transformer" else CLIPPED
        super().__init__(name, family, model, model.tensors(), model.spec, optimizer)
        if n_outputs:
            self.kind += " with a head"
        self.beside = {} if join is None else {"features": FEATURES}

    def fill(self):
        fill(self.module, 0.3)
        with torch.no_grad():
            self.module.body.item.weight[0] = 0.0
        if isinstance(self.module.body, Recurrent):
            # As `fill` does for a model that is not within another.
            with torch.no_grad():
                for parameter in self.module.body.parameters():
                    if not parameter.requires_grad:
                        parameter.zero_()
            self.module.body.clear()

    def logits(self, row, n):
        return self.module.states(row, n) @ self.module.body.item.weight.T

    def expected(self):
        return {f"scores.{row}": self.logits(row, len(items)) for row, items in enumerate(HISTORIES)}

    def loss(self, step):
        terms = []
        for row, items in enumerate(HISTORIES):
            if len(items) > 1:
                logits = self.logits(row, len(items) - 1)[:, 1:]
                targets = torch.tensor(items[-len(logits) :]) - 1
                terms.append(F.cross_entropy(logits, targets, reduction="none"))
        terms = torch.cat(terms)
        return terms.mean(), len(terms), None


class HeadCase(ToldCase):
    """`asked` holds questions: row, position, seconds since then, truth."""

    def __init__(self, name, family, output, truth, join=None):
        n_outputs = output["Classes"] if isinstance(output, dict) else 1
        super().__init__(name, family, join, n_outputs, with_elapsed=output == "Chance")
        self.output = output
        # After some of the events and the last, of one history after all; some lie before the window.
        asked_after = lambda row, at: row == 5 or (row + at) % 2 == 0 or at == len(HISTORIES[row]) - 1
        events = [(row, at) for row, at in EVENTS if asked_after(row, at)]
        self.asked = [[row, at, float(self.elapsed(row, at)), float(truth(row, at))] for row, at in events]
        self.beside = self.beside | {"output": output, "asked": self.asked}

    def elapsed(self, row, at):
        """From no time to a year: of every class of it some."""
        return (row + 1) * HOUR * 0.9 * 2**at if self.output == "Chance" else 0.0

    def answers(self, states, elapsed):
        """[n, D_MODEL] and [n] to [n, n_outputs]"""
        if self.output == "Chance":
            states = torch.cat([states, torch.stack([elapsed_vector(secs) for secs in elapsed])], dim=1)
        return self.module.head(states)

    def expected(self):
        expected = {}
        for row, items in enumerate(HISTORIES):
            if items:
                states = self.module.states(row, len(items))
                expected[f"scores.{row}"] = self.answers(states, [0.0] * len(states))
                expected[f"answer.{row}"] = self.answers(states[-1:], [self.elapsed(row, len(items) - 1)])
        return expected

    def loss(self, step):
        states, elapsed, truth = [], [], []
        for row, at, secs, target in self.asked:
            n = len(HISTORIES[row])
            place = at - max(n - SEQ_LEN, 0)
            if place >= 0:
                states.append(self.module.states(row, n)[place])
                elapsed.append(secs)
                truth.append(target)
        answers, truth = self.answers(torch.stack(states), elapsed), torch.tensor(truth)
        if self.output == "Chance":
            loss = F.binary_cross_entropy_with_logits(answers[:, 0], truth)
        elif self.output == "Number":
            loss = F.mse_loss(answers[:, 0], truth)
        else:
            loss = F.cross_entropy(answers, truth.long())
        return loss, len(truth), None


def elapsed_vector(secs):
    """One of eleven classes, and ln(1 + hours) / 10. [N_ELAPSED]"""
    hours = secs / HOUR
    classes = F.one_hot(torch.tensor(sum(hours >= threshold for threshold in HOURS)), N_ELAPSED - 1)
    return torch.cat([classes, torch.tensor([math.log1p(hours) / 10])])


def heads(name, family):
    return [
        HeadCase(f"{name}_behaviour", family, {"Classes": 4}, lambda row, at: (row * at + at) % 4, join="Sum"),
        HeadCase(f"{name}_will_act", family, "Chance", lambda row, at: (row + 2 * at) % 3 == 0, join="Concat"),
        HeadCase(f"{name}_gap", family, "Number", lambda row, at: math.log1p(3.0 * at + row)),
        HeadCase(f"{name}_value", family, "Number", lambda row, at: (row - at) / 2, join="Sum"),
    ]


def cases():
    features = [
        ToldCase(f"{name}_features_{join.lower()}", family, join)
        for name, family in [("transformer", "Transformer"), ("gru", "Gru")]
        for join in ["Sum", "Concat"]
    ]
    return features + heads("transformer", "Transformer") + heads("gru", "Gru")
