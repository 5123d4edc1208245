"""Writes the numbers that PyTorch computes for the model families; see README.md.

    python tests/gold/make_gold.py              every family
    python tests/gold/make_gold.py recurrent    one
"""

import sys

import torch

from reference import gan, recurrent, transformer, vae
from reference.common import write_family

FAMILIES = {"transformer": transformer, "recurrent": recurrent, "vae": vae}


def main():
    torch.set_num_threads(2)
    torch.set_default_dtype(torch.float64)
    for name in sys.argv[1:] or [*FAMILIES, "gan"]:
        if name == "gan":
            gan.write()
        else:
            write_family(name, FAMILIES[name].cases())


if __name__ == "__main__":
    main()
