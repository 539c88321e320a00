"""Training of encoders and classifiers. Needs torch (the extra `train`)."""
