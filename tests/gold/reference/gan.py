"""The GAN over sequences: a forward pass of the generator, and a step of either side with given noise."""

import json

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch import nn

from .common import FOLDER

N_TOKENS, D_TOKEN, D_HIDDEN, N_STEPS, SHARPNESS, LR = 7, 5, 8, 6, 3.0, 0.01
ROWS = [[1, 2, 3], [4, 5, 6, 1, 2, 3], [2], [3, 3, 6, 1, 5]]
END = 0


class Side(nn.Module):
    """Token vectors, PyTorch's LSTM cell and a dense layer: both sides have these."""

    def __init__(self, d_output):
        super().__init__()
        self.token = nn.Parameter(torch.randn(N_TOKENS, D_TOKEN) * 0.5)
        self.cell = nn.LSTMCell(D_TOKEN, D_HIDDEN)
        self.output = nn.Linear(D_HIDDEN, d_output)
        # We have one bias: PyTorch's second one is zero and stays so.
        self.cell.bias_hh.data.zero_()
        self.cell.bias_hh.requires_grad_(False)

    def start(self, n_rows):
        return torch.zeros(n_rows, D_HIDDEN), torch.zeros(n_rows, D_HIDDEN)

    def values(self, name, of):
        return {
            name: of(self.token),
            "cell.w_input": of(self.cell.weight_ih).T,
            "cell.w_hidden": of(self.cell.weight_hh).T,
            "cell.bias": of(self.cell.bias_ih),
            "output.weight": of(self.output.weight).T,
            "output.bias": of(self.output.bias),
        }


class Generator(Side):
    def nll(self):
        """Sum over all tokens and ends, one row at a time."""
        total = 0.0
        for row in ROWS:
            state = self.start(1)
            for before, token in zip([END] + row, row + [END]):
                state = self.cell(self.token[before][None], state)
                total = total + F.cross_entropy(self.output(state[0]), torch.tensor([token]), reduction="sum")
        return total

    def write(self, gumbel):
        """One row at a time; after its end a row stays at the end."""
        all_steps, all_rows = [], []
        for row in range(len(ROWS)):
            state, token, steps, tokens = self.start(1), END, [], []
            for at in range(N_STEPS):
                if at > 0 and token == END:
                    steps.append(F.one_hot(torch.tensor(END), N_TOKENS).double())
                    continue
                state = self.cell(self.token[token][None], state)
                scores = self.output(state[0])[0] + gumbel[at, row]
                steps.append(F.softmax(scores * SHARPNESS, dim=0))
                token = int(scores.argmax())
                if token != END:
                    tokens.append(token)
            all_steps.append(torch.stack(steps))
            all_rows.append(tokens + [END] * (N_STEPS - len(tokens)))
        return torch.stack(all_steps, dim=1), torch.tensor(all_rows)  # [n_steps, n_rows, n_tokens]


class Discriminator(Side):
    def scores(self, steps):
        state, outputs = self.start(steps.shape[1]), []
        for step in steps:
            state = self.cell(step @ self.token, state)
            outputs.append(state[0])
        return self.output(torch.stack(outputs).mean(0))


def value_of(parameter):
    return parameter.detach().clone()


def gradient_of(parameter):
    return parameter.grad.detach().clone()


def numpy_of(values):
    return {name: np.ascontiguousarray(value.numpy().astype(np.float32)) for name, value in values.items()}


def save(name, values, kind=None):
    stamp = {"seqscope": json.dumps({"kind": kind, "n_steps": 0})} if kind else None
    save_file(numpy_of(values), FOLDER / f"{name}.safetensors", metadata=stamp)


def under(prefix, values):
    return {f"{prefix}.{name}": value for name, value in values.items()}


def rounded(module):
    """Weights as the file holds them."""
    for parameter in module.parameters():
        parameter.data = parameter.data.float().double()
    return module


def write():
    torch.manual_seed(11)
    generator, discriminator = rounded(Generator(N_TOKENS)), rounded(Discriminator(1))
    save("gan_generator_weights", generator.values("token.weight", value_of), "gan generator")
    save("gan_discriminator_weights", discriminator.values("token", value_of), "gan discriminator")
    uniform = torch.rand(N_STEPS, len(ROWS), N_TOKENS).clamp(1e-6, 1 - 1e-6)
    gumbel = (-(-uniform.log()).log()).float().double()
    expected = {"gumbel": gumbel}

    nll = generator.nll()
    (nll / sum(len(row) + 1 for row in ROWS)).backward()
    expected |= {"nll": nll.detach()[None]} | under("nll_gradient", generator.values("token.weight", gradient_of))
    generator.zero_grad()

    steps, rows = generator.write(gumbel)
    expected |= {"steps": steps.detach(), "rows": rows.double()}
    padded = torch.tensor([row + [END] * (N_STEPS - len(row)) for row in ROWS])
    real = F.one_hot(padded.T, N_TOKENS).double()
    sides = [
        ("discriminator", discriminator, "token", lambda s: discriminator.scores(real) - discriminator.scores(s)),
        ("generator", generator, "token.weight", lambda s: discriminator.scores(s) - discriminator.scores(real)),
    ]
    for name, side, token, margin in sides:
        loss = -F.logsigmoid(margin(steps.detach() if name == "discriminator" else steps)).mean()
        side.zero_grad()
        loss.backward()
        optimizer = torch.optim.Adam([p for p in side.parameters() if p.requires_grad], lr=LR)
        expected |= {f"{name}_loss": loss.detach()[None]} | under(f"{name}_gradient", side.values(token, gradient_of))
        torch.nn.utils.clip_grad_norm_(side.parameters(), 5.0)
        optimizer.step()
        expected |= under(f"{name}_after", side.values(token, value_of))
    save("gan_expected", expected)
