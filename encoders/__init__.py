"""Models: cards, ONNX runtime encoders, and (with the `train` extra) the networks and their export.

Serving imports `encoders.store`, `encoders.text`, `encoders.images` and `encoders.pictures`, none of which needs
torch. Only `encoders.nets` and `encoders.export` import torch.
"""
