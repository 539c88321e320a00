"""What a training runs on."""

import torch


def has_gpu() -> bool:
    """Whether torch sees a GPU."""
    return torch.cuda.is_available()


def device_name() -> str:
    """Return the GPU's name, or `cpu`."""
    return torch.cuda.get_device_name() if has_gpu() else "cpu"


def use_threads(threads: int) -> None:
    """Let torch use so many threads; 0 leaves it its own choice."""
    if threads:
        torch.set_num_threads(threads)
