"""Writes the numbers that PyTorch computes for the model families; see README.md.

    python tests/gold/make_gold.py              every family
    python tests/gold/make_gold.py recurrent    one
"""

import sys

import torch

from reference import (
    attribution, autoencoder, bert4rec, encoder_decoder, gan, losses, recurrent, sequential_vae, told, transformer, vae,
)
from reference.common import write_family

FAMILIES = {
    "transformer": transformer,
    "bert4rec": bert4rec,
    "encoder_decoder": encoder_decoder,
    "recurrent": recurrent,
    "vae": vae,
    "autoencoder": autoencoder,
    "sequential_vae": sequential_vae,
    "told": told,
}


def main():
    torch.set_num_threads(2)
    torch.set_default_dtype(torch.float64)
    for name in sys.argv[1:] or [*FAMILIES, "gan", "losses", "attribution"]:
        if name == "gan":
            gan.write()
        elif name == "losses":
            losses.write()
        elif name == "attribution":
            attribution.write(FAMILIES.values())
        else:
            write_family(name, FAMILIES[name].cases())


if __name__ == "__main__":
    main()
