"""Adapting an encoder to a catalogue before anybody has labelled anything: SimCSE (Gao et al. 2021).

Each text is its own similar pair: two passes differ by dropout only, and every other text of the batch is a negative.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

from encoders.errors import TrainingError
from encoders.export.described import TextSource
from encoders.nets.pairs import freeze

_TEMPERATURE = 0.05


def adapt(
    source: TextSource,
    texts: Sequence[str],
    *,
    steps: int = 100,
    batch: int = 32,
    rate: float = 2e-5,
    frozen: int = 3,
    tokens: int = 48,
    seed: int = 7,
    tell: Callable[[Mapping[str, Any]], None] = lambda event: None,
) -> list[float]:
    """Train the encoder in place on a catalogue's texts; returns the loss of each step.

    Raises TrainingError where there are fewer than two different texts.
    """
    stated = sorted({text for text in texts if text.strip()})
    if len(stated) < 2:
        raise TrainingError("adapting to a catalogue needs at least two different texts")
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    tokenizer = Tokenizer.from_file(str(source.tokenizer))
    tokenizer.enable_truncation(tokens)
    tokenizer.enable_padding(pad_id=int(source.preprocessing.get("pad_id", 0)))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net: Any = source.net.to(device)
    freeze(net.transformer, frozen)
    optimiser = torch.optim.AdamW([one for one in net.parameters() if one.requires_grad], lr=rate)
    net.train()
    losses = []
    for step in range(steps):
        rows = chance.choice(len(stated), size=min(batch, len(stated)), replace=False)
        encoded = tokenizer.encode_batch([stated[row] for row in rows])
        ids = torch.tensor([row.ids for row in encoded], device=device)
        mask = torch.tensor([row.attention_mask for row in encoded], device=device)
        with torch.autocast(device.type, torch.bfloat16):
            one, two = net(ids, mask), net(ids, mask)
        logits = one.float() @ two.float().T / _TEMPERATURE
        loss = nn.functional.cross_entropy(logits, torch.arange(len(logits), device=device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
        if step % 10 == 9:
            tell({"event": "progress", "step": step + 1, "of": steps, "message": "adapting to the catalogue"})
    for value in net.parameters():
        value.requires_grad_(True)
    net.to("cpu").eval()
    return losses
