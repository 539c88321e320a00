"""What the processor can do that decides how networks are run on it."""

import torch


def multiplies_bfloat16() -> bool:
    """Return whether the processor has instructions for bfloat16; elsewhere it is slower than float32."""
    asked = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(bool(ask()) for ask in asked if ask is not None)
