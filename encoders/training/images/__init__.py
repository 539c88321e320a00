"""Training of image networks on labelled photos: views, kept activations, the loop, export."""
