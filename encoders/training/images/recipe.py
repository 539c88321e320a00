"""How a network is trained on photos: the numbers that one may want to change, and why they are what they are."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Numbers of a training. Chosen on the val photos of images-grocery (docs/decisions/photos-cached-training.md).

    Attributes:
        base: network to start from (`encoders.nets.backbones.NAMES`).
        cached: keep the frozen part's activations on disk and train only what stands behind it.
        tails: how many times what stands behind the cut is trained from the same start (`cached` only); a photo is told
            the mean of what all say. The trunk, two thirds of the work, is run once.
        epochs, minutes: where training ends at the latest; `patience` epochs without a better val score end it before.
        views: how many views of each photo are kept on disk (`cached` only).
        late_epochs: epochs in which heads and last steps alone are trained; then all are (without `cached`).
        together: epochs that follow on the train and the val photos; 0 keeps these apart.
        rate: learning rate of the last steps; those before them take `early_rate`, heads `head_rate`, which is low so
            that they stay near the discriminant analysis that they start as.
        first, again: shares of these rates in the first epoch, and where the epochs `together` begin.
        smoothing: label smoothing. mixing: share of batches whose photos are mixed (mixup or CutMix).
        dropout: share of features that heads do without, others each time; half of them is too much.
        metric: weight of the metric-learning loss, which makes search vectors of a class alike.
        dimension: length of the search vector.
        memory: how slowly the average of the weights follows them; the average is what is kept.
    """

    base: str = "efficientnet-lite0"
    cached: bool = True
    tails: int = 2
    epochs: int = 8
    minutes: float | None = None
    patience: int = 4
    together: int = 4
    views: int = 6
    late_epochs: int = 3
    batch: int = 32
    rate: float = 1e-3
    early_rate: float = 3e-4
    head_rate: float = 1e-4
    first: float = 0.3
    again: float = 0.3
    decay: float = 0.02
    smoothing: float = 0.1
    mixing: float = 0.5
    dropout: float = 0.2
    metric: float = 0.3
    dimension: int = 256
    memory: float = 0.99
    shrinkage: float = 0.3
    icons: int = 2
    size: int | None = None
    seed: int = 7

    @property
    def last(self) -> int:
        """Epochs on train and val photos that there will be: none where nothing but the first heads is wanted."""
        return self.together if self.epochs else 0
