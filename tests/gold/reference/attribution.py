"""What an answer owes to the events before it, by gradients: of every case that scores items.

Of each history that holds events, for one item: `CASE.gradient_input.R` and `CASE.integrated.R`, one number for
each event that is read, and `CASE.said.R`, the item's log-probability after the history and where no event has an
item. The gradients are those of PyTorch's autograd, one point of the path at a time.
"""

import torch
import torch.nn.functional as F

from .bert4rec import MASK, Bert4Rec
from .common import HISTORIES, N_ITEMS, SEQ_LEN, save
from .encoder_decoder import START, EncoderDecoder
from .told import Told

# Steps of the path from no item to the items, each taken at its middle.
N_STEPS = 24


def target_of(row):
    return (11 * row + 4) % N_ITEMS + 1


def with_vectors(embedding, inputs, work):
    """Does `work` with `inputs` in the place of the first vectors that `embedding` gives first: those after them
    (a mask) and later calls (the start of decoding) are left alone."""
    calls = []

    def replaced(_module, _asked, output):
        calls.append(None)
        return output if len(calls) > 1 else torch.cat([inputs, output[len(inputs) :]])

    handle = embedding.register_forward_hook(replaced)
    try:
        return work()
    finally:
        handle.remove()


def last_scores(case, row):
    """Scores after the history. [n_items + 1]"""
    module, items = case.module, HISTORIES[row][-SEQ_LEN:]
    if isinstance(module, Bert4Rec):
        return module.filled(items + [MASK])[-1]
    if isinstance(module, EncoderDecoder):
        return module.foretold(items, [START])[0]
    if isinstance(module, Told):
        return case.logits(row, len(HISTORIES[row]))[-1]
    if hasattr(case, "times"):
        return module.logits(items, case.times[row][-SEQ_LEN:])[-1]
    return module.logits(items)[-1]


def of_sequence(case, row):
    """The vectors of the items that are read, [T, d], and scores as a function of them."""
    embedding = (case.module.body if isinstance(case.module, Told) else case.module).item
    inputs = embedding.weight.detach()[HISTORIES[row][-SEQ_LEN:]]
    return inputs, lambda vectors: with_vectors(embedding, vectors, lambda: last_scores(case, row))


def of_bag(case, row):
    """The weight of each event in the bag, [T, 1]: that of an item at its latest event."""
    module, items = case.module, HISTORIES[row]
    weights = F.normalize(module.bag(items), dim=0)
    is_latest = [item not in items[at + 1 :] for at, item in enumerate(items)]
    inputs = torch.stack([weights[item - 1] * latest for item, latest in zip(items, is_latest)])[:, None]

    def scores(vectors):
        bag = torch.zeros(N_ITEMS).index_add(0, torch.tensor(items) - 1, vectors[:, 0])
        if hasattr(module, "decode"):
            mean = module.mean(torch.tanh(module.encoder(bag)))
            return F.pad(module.decode(mean), (1, 0))
        for layer in module.layers[:-1]:
            bag = torch.tanh(layer(bag))
        return F.pad(module.layers[-1](bag), (1, 0))

    return inputs, scores


def attributions(inputs, scores, target):
    """Gradient x input, integrated gradients, and the log-probabilities at both ends of the path."""

    def at(share):
        vectors = (share * inputs).requires_grad_()
        said = scores(vectors)[1:].log_softmax(0)[target - 1]
        return said.detach(), torch.autograd.grad(said, vectors)[0]

    said, gradient = at(1.0)
    baseline, _ = at(0.0)
    middles = [(step + 0.5) / N_STEPS for step in range(N_STEPS)]
    mean = torch.stack([at(share)[1] for share in middles]).mean(0)
    return (gradient * inputs).sum(1), (mean * inputs).sum(1), torch.stack([said, baseline])


def write(families):
    tensors = {}
    for family in families:
        for case in family.cases():
            if "asked" in case.beside:
                continue
            case.fill()
            for row, items in enumerate(HISTORIES):
                if items:
                    of = of_bag if hasattr(case.module, "bag") else of_sequence
                    inputs, scores = of(case, row)
                    found = attributions(inputs, scores, target_of(row))
                    for name, values in zip(["gradient_input", "integrated", "said"], found):
                        tensors[f"{case.name}.{name}.{row}"] = values.detach()
    save("attribution_expected", tensors)
