"""Training on labelled pairs of texts: bi-encoder, cross-encoder and scorer. Needs torch (the extra `train`)."""
