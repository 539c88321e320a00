"""Where `efficientnet-lite0-stages` comes from: the same weights as `efficientnet-lite0`, read at every stage."""

from dataclasses import replace

import numpy as np
import torch

from encoders.export.described import ImageSource
from encoders.export.sources import efficientnet_lite0

NAME = "efficientnet-lite0-stages"


def stages() -> ImageSource:
    """Load EfficientNet-Lite0 as an encoder of all its stages and of colours, for taggers."""
    source = efficientnet_lite0()
    from encoders.nets.stages import efficientnet_lite0_stages

    net = efficientnet_lite0_stages()
    with torch.inference_mode():
        width = int(net(torch.from_numpy(np.zeros((1, 224, 224, 3), np.uint8))).shape[1])
    return replace(source, name=NAME, net=net, dimension=width)
