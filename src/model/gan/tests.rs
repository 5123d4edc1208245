//! What both sides give, held against PyTorch.
