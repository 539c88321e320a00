"""A backbone of three small steps, so that training can be tested in seconds."""

import torch
from torch import nn

from encoders.nets.backbones import Backbone


def tiny_backbone(size: int = 32) -> Backbone:
    torch.manual_seed(0)
    steps = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU6()),
        nn.Sequential(nn.Conv2d(8, 12, 3, stride=2, padding=1), nn.BatchNorm2d(12), nn.ReLU6()),
        nn.Sequential(nn.Conv2d(12, 16, 3, stride=2, padding=1), nn.ReLU6()),
    )
    same = (127.0, 127.0, 127.0), (128.0, 128.0, 128.0)
    return Backbone("tiny", steps.eval(), 16, size, *same, 2, "drawn", "none", "tiny-1")
