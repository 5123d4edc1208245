"""Writes the numbers that PyTorch computes for the denoising autoencoder by which missing values are filled
(`src/data/log/clean/denoiser.rs`): what it restores, loss, gradient and weights of three steps of Adam.

    python tests/gold/clean/denoiser.py
"""

import json
from pathlib import Path

import torch
from torch import nn

N_COLUMNS, N_HIDDEN = 3, 5


def main():
    torch.set_default_dtype(torch.float64)
    generator = torch.Generator().manual_seed(20260718)
    into, out = nn.Linear(2 * N_COLUMNS, N_HIDDEN), nn.Linear(N_HIDDEN, N_COLUMNS)
    with torch.no_grad():
        for parameter in [*into.parameters(), *out.parameters()]:
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator))
    wanted = torch.randn(6, N_COLUMNS, generator=generator)
    is_known = torch.tensor([[1, 1, 1], [1, 0, 1], [0, 1, 1], [1, 1, 0], [0, 0, 1], [1, 1, 1]], dtype=torch.bool)
    # Hidden are what is missing, and three that are known.
    is_shown = is_known & ~torch.tensor([[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 1, 0]], dtype=torch.bool)

    def flat(of):
        """Our order, and our layout: [d_in, d_out]."""
        parts = [of(into.weight).T, of(into.bias), of(out.weight).T, of(out.bias)]
        return torch.cat([part.reshape(-1) for part in parts]).tolist()

    written = {
        "torch": torch.__version__, "n_columns": N_COLUMNS, "n_hidden": N_HIDDEN,
        "weights": flat(lambda p: p.detach()),
        "wanted": [[v if k else None for v, k in zip(*row)] for row in zip(wanted.tolist(), is_known.tolist())],
        "shown": is_shown.to(torch.int).tolist(), "steps": [],
    }
    adam = torch.optim.Adam([*into.parameters(), *out.parameters()], lr=0.01, betas=(0.9, 0.999), eps=1e-8)
    for _ in range(3):
        adam.zero_grad()
        inputs = torch.cat([wanted * is_shown, is_shown.to(wanted)], dim=1)
        restored = out(torch.tanh(into(inputs)))
        loss = nn.functional.mse_loss(restored[is_known], wanted[is_known])
        loss.backward()
        step = {"restored": restored.flatten().tolist(), "loss": loss.item(), "gradient": flat(lambda p: p.grad)}
        adam.step()
        written["steps"].append(step | {"after": flat(lambda p: p.detach())})
    Path(__file__).with_suffix(".json").write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
