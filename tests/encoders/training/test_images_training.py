"""Training on photos: views, kept activations, first heads, the loop with its checkpoint, and bad pictures."""

import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from encoders.errors import PhotoSetError, SourceError, TrainingError
from encoders.heads import open_classifier
from encoders.nets.backbones import load_backbone, read_weights
from encoders.nets.photonet import FeatureHeads, PhotoNet, taps_of
from encoders.nets.quick import quick_step
from encoders.photosets import read_photo_set
from encoders.pictures import load_picture
from encoders.sessions import open_session
from encoders.store import ModelStore
from encoders.training.images import install, loop, run
from encoders.training.images.calibrate import sure_from
from encoders.training.images.recipe import Recipe
from encoders.training.images.start import discriminant
from encoders.training.images.views import augmented, kept_activations
from tests.encoders.training.tiny import tiny_backbone
from tests.fixtures.photos import draw_photo, write_photo_folder

QUICK = Recipe(base="tiny", tails=1, epochs=3, together=1, views=3, dimension=8, batch=8, size=32)
SIZES = {"size": 32, "resize": "pad", "interpolation": "bicubic"}


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(run, "load_backbone", lambda name, weights=None, size=None: tiny_backbone(size or 32))


def trained(folder, tmp_path, recipe=QUICK, events=None, name="ours"):
    return run.train_images(
        read_photo_set(folder),
        name,
        ModelStore(tmp_path / "models"),
        recipe,
        tell=(events if events is not None else []).append,
        work=tmp_path / "work",
        keep=tmp_path / "keep",
    )


def test_a_view_depends_on_its_seed_alone():
    picture = np.asarray(draw_photo(0, 1))
    first, again, other = (augmented(picture, 32, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (32, 32, 3)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_kept_activations_are_those_of_the_trunk_and_are_made_once(photo_folder, tmp_path):
    photos = read_photo_set(photo_folder).photos("val")
    net = PhotoNet(tiny_backbone(), cut=2, dimension=8, heads={"fine": 3}).eval()
    counts = []
    kept = kept_activations(net, photos, tmp_path, views=2, preprocessing=SIZES, key="k", done=counts.append)
    assert sum(counts) == len(photos)
    assert kept.maps.shape == (len(photos), 2, 12, 8, 8)
    pixels = load_picture(photos[0].path, name="p")
    small = np.asarray(Image.fromarray(pixels).resize((32, 32), Image.Resampling.BICUBIC, reducing_gap=3.0))
    with torch.inference_mode():
        maps, before = net.trunk(torch.from_numpy(small.copy())[None])
    np.testing.assert_allclose(kept.maps[0, 0], maps[0].numpy(), atol=0.05)
    np.testing.assert_allclose(kept.before[0, 0], before[0].numpy(), atol=0.05)
    again = []
    kept_activations(net, photos, tmp_path, views=2, preprocessing=SIZES, key="k", done=again.append)
    assert again == [len(photos)]  # all of them were there already


def test_quick_steps_give_what_the_steps_give_and_the_same_gradients(monkeypatch):
    steps = load_backbone("efficientnet-lite0", size=64).steps
    chance = torch.Generator().manual_seed(0)
    for step, shape in ((steps[0], (2, 3, 64, 64)), (steps[2], (2, 16, 32, 32)), (steps[7], (2, 80, 4, 4))):
        state = torch.randn(shape, generator=chance, requires_grad=True)
        weights = [one for one in step.parameters() if one.requires_grad]
        wanted = step(state)
        towards = torch.randn(wanted.shape, generator=chance)
        gradients = torch.autograd.grad((wanted * towards).sum(), [state, *weights])
        found = quick_step(step, state)
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)
        others = torch.autograd.grad((found * towards).sum(), [state, *weights])
        for one, other in zip(gradients, others, strict=True):
            torch.testing.assert_close(other, one, rtol=1e-3, atol=1e-3 * float(one.abs().max()))
        rounded = quick_step(step, state.bfloat16()).float()
        assert float((rounded - wanted).abs().mean() / wanted.abs().mean()) < 0.02


def test_the_discriminant_tells_classes_whose_spread_is_not_round():
    chance = np.random.default_rng(0)
    spread = np.array([[10.0, 0.0], [0.0, 0.1]])
    rows = np.concatenate([chance.normal(size=(200, 2)) @ spread + [0, at] for at in (0.0, 1.0)])
    labels = np.repeat([0, 1], 200)
    weights, biases = discriminant(rows, labels, 3, 0.01)
    answers = (rows @ weights.T + biases).argmax(1)
    assert (answers == labels).mean() > 0.99  # by distance alone the first axis would drown the second
    assert biases[2] < biases[:2].min()  # a class without any row is never the answer


def test_heads_do_without_some_features_in_training_alone():
    heads = FeatureHeads(400, 4, {"fine": 3})
    heads.dropout.p = 0.2
    features = torch.ones(1, 400)
    torch.nn.init.ones_(heads.linears[0].weight)
    torch.nn.init.zeros_(heads.linears[0].bias)
    torch.manual_seed(0)
    assert float(heads.eval()(features)[1][0, 0]) == pytest.approx(400)
    left = float(heads.train()(features)[1][0, 0]) * 0.8  # those that stay count for those that do not
    assert left == pytest.approx(round(left), abs=1e-2) and 280 < left < 360
    assert left != float(heads(features)[1][0, 0]) * 0.8  # others each time


def test_a_head_is_sure_from_where_enough_answers_are_right():
    found = np.column_stack([np.linspace(0.99, 0.5, 50), 1 - np.linspace(0.99, 0.5, 50)])
    labels = np.zeros(50, int)
    assert sure_from(found, labels) == pytest.approx(0.5)
    labels[30:] = 1  # the 31st surest is the first to be wrong: 31/32 right would do, 30 of 32 not
    threshold = sure_from(found, labels)
    assert threshold == pytest.approx(found[30, 0])
    assert sure_from(found[:19], labels[:19]) is None  # fewer than twenty say nothing


def test_training_makes_a_model_that_tells_classes_and_gives_vectors(photo_folder, tmp_path, tiny):
    events: list = []
    outcome = trained(photo_folder, tmp_path, dataclasses.replace(QUICK, epochs=2, together=0), events)
    assert [card.name for card in outcome.cards] == ["ours", "ours-int8"]
    assert [event["epoch"] for event in events if event["event"] == "epoch"] == [0, 1]
    store = ModelStore(tmp_path / "models")
    assert store.verify("ours-int8").dimension == 8
    classifier = open_classifier(store, "ours-int8", 1)
    picture = np.asarray(draw_photo(2, 5))
    found = classifier.classify([picture, picture])
    assert found.probabilities["fine"].shape == (2, 3)
    np.testing.assert_allclose(found.probabilities["coarse"].sum(1), 1, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, rtol=1e-4)
    np.testing.assert_allclose(store.open_image("ours-int8", 1).encode_one(picture), found.vectors[0], rtol=1e-5)
    assert classifier.region(picture, "bar").startswith(b"\x89PNG")
    assert not (tmp_path / "work" / "checkpoint.pt").exists()
    assert any((tmp_path / "work" / "tensorboard").iterdir())


def test_val_photos_are_learned_from_last_and_calibrate_what_had_not_seen_them(
    photo_folder, tmp_path, tiny, monkeypatch
):
    events: list = []
    calibrated = install.better_view
    told: list = []

    def watched(heads, plain, mirrored, labels):
        told.append(plain[0].copy())
        return calibrated(heads, plain, mirrored, labels)

    monkeypatch.setattr(install, "better_view", watched)
    outcome = trained(photo_folder, tmp_path, events=events)
    assert [event["epoch"] for event in events if event["event"] == "epoch"] == [0, 1, 2]
    assert [event["step"] for event in events if "learning from val" in event.get("step", "")] == [
        "learning from val photos too, 1 of 1"
    ]
    assert all("its val photos too" in card.source for card in outcome.cards)
    assert all(
        card.parity["compared_on"] == "12 photos, right answers on 396 views never drawn" for card in outcome.cards
    )
    assert len(told) == 1  # once, by the network of before, for both precisions
    store = ModelStore(tmp_path / "models")
    pictures, _ = install.pictures_of(read_photo_set(photo_folder).photos("val"))
    after = open_classifier(store, "ours", 1).logits(pictures)[1][0]
    assert np.abs(after - told[0]).max() > 1e-3


def test_two_tails_on_one_trunk_say_the_mean_of_what_each_says(photo_folder, tmp_path, tiny, monkeypatch):
    events: list = []
    seen: list = []
    joined = run.SharedTrunk

    def kept(nets):
        seen.extend(nets)
        return joined(nets)

    monkeypatch.setattr(run, "SharedTrunk", kept)
    outcome = trained(photo_folder, tmp_path, dataclasses.replace(QUICK, tails=2, epochs=2), events)
    assert [(row["tail"], row["epoch"]) for row in outcome.state.history] == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert [(event["epoch"], event["of"]) for event in events if event["event"] == "epoch"] == [
        (0, 4), (1, 4), (2, 4), (3, 4),
    ]  # fmt: skip
    assert not list((tmp_path / "work").rglob("checkpoint.pt"))
    picture = np.asarray(draw_photo(1, 5))
    with torch.inference_mode():
        pixels = torch.from_numpy(install.prepare(picture, SIZES)[None].copy())
        first, second = (net(pixels) for net in seen)
    assert (first[1] - second[1]).abs().max() > 1e-3  # drawn differently, they are not the same
    store = ModelStore(tmp_path / "models")
    assert [card.name for card in outcome.cards] == ["ours", "ours-int8"]
    assert store.card("ours").dimension == 8
    network = open_session(store.folder("ours") / "model.onnx")
    vector, fine, *_ = network.run(None, {"pixels": pixels.numpy()})
    np.testing.assert_allclose(fine, ((first[1] + second[1]) / 2).numpy(), atol=1e-4)
    mean = (first[0] + second[0]).numpy()
    np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-4)
    rounded = open_classifier(store, "ours-int8", 1)
    assert rounded.logits([picture])[0][0] @ vector[0] > 0.95
    assert rounded.region(picture, "bar").startswith(b"\x89PNG")


def test_where_int8_loses_too_much_fp32_is_installed_alone(photo_folder, tmp_path, tiny, monkeypatch):
    trained(photo_folder, tmp_path, dataclasses.replace(QUICK, epochs=0))
    judge = install.judge

    def strict(card, measured):
        judge(card, {**measured, "mean_cosine": 0.5} if card.precision == "int8" else measured)

    monkeypatch.setattr(install, "judge", strict)
    events: list = []
    outcome = trained(photo_folder, tmp_path, dataclasses.replace(QUICK, epochs=1), events)
    assert [card.name for card in outcome.cards] == ["ours"]
    assert ModelStore(tmp_path / "models").names() == ["ours"]  # the int8 form of the earlier training is gone
    told = [event["step"] for event in events if event["event"] == "step"]
    assert "too far from its original" in told[-1] and "ours serves in fp32" in told[-1]


def test_a_killed_training_goes_on_where_it_was(photo_folder, tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(run, "install_trained", lambda *some, **named: [])
    whole = trained(photo_folder, tmp_path / "whole")
    events: list = []

    class KilledError(Exception):
        pass

    def kill(event):
        events.append(event)
        if event["event"] == "epoch" and event["epoch"] == 1:
            raise KilledError

    photos = read_photo_set(photo_folder)
    broken = {"work": tmp_path / "w", "keep": tmp_path / "k"}
    with pytest.raises(KilledError):
        run.train_images(photos, "ours", ModelStore(tmp_path / "m"), QUICK, tell=kill, **broken)
    again: list = []
    outcome = run.train_images(photos, "ours", ModelStore(tmp_path / "m"), QUICK, tell=again.append, **broken)
    start = next(event for event in again if event["event"] == "start")
    assert (start["resumed"], start["epoch"]) == (True, 2)
    losses = [[row["val_loss"] for row in one.state.history] for one in (whole, outcome)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_rates_begin_low_fall_to_nothing_and_begin_again_for_the_val_photos():
    net = PhotoNet(tiny_backbone(32), cut=0, dimension=8, heads={"fine": 3})
    recipe = dataclasses.replace(QUICK, epochs=4, together=2)
    optimiser = torch.optim.AdamW(loop._groups(net, recipe))
    parts = [sum(value.numel() for value in group["params"]) for group in optimiser.param_groups]
    assert sum(parts) == sum(value.numel() for value in net.parameters())
    seen = []
    for epoch in range(6):
        loop._pace(optimiser, recipe, epoch)
        seen.append([group["lr"] for group in optimiser.param_groups])
    rates = np.array([recipe.early_rate, recipe.rate, recipe.head_rate])
    falling = (1 + np.cos(np.pi * np.array([0, 1, 2, 3]) / 4)) / 2
    shares = [recipe.first, *falling[1:], recipe.again, recipe.again / 2]
    np.testing.assert_allclose(seen, np.outer(shares, rates), rtol=1e-6)


def test_no_more_is_learned_once_the_minutes_are_over(photo_folder, tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(run, "install_trained", lambda *some, **named: [])  # what is installed is not asked here
    events: list = []
    short = dataclasses.replace(QUICK, minutes=1e-4, together=3)
    run.train_images(
        read_photo_set(photo_folder), "ours", ModelStore(tmp_path / "m"), short, tell=events.append,
        work=tmp_path / "w", keep=tmp_path / "k",
    )  # fmt: skip
    assert sum(event["event"] == "epoch" for event in events) == 1
    assert not [event for event in events if "val photos too" in event.get("step", "")]


def test_the_whole_network_trains_from_the_photos_themselves(photo_folder, tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(run, "install_trained", lambda *some, **named: [])
    outcome = trained(photo_folder, tmp_path, dataclasses.replace(QUICK, cached=False, late_epochs=1))
    assert len(outcome.state.history) == 3
    assert outcome.state.best > 0.3


def test_a_class_with_one_photo_is_trained_on(tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(run, "install_trained", lambda *some, **named: [])
    folder = write_photo_folder(tmp_path / "photos")
    lines = (folder / "train.tsv").read_text().splitlines(True)
    (folder / "train.tsv").write_text("".join(line for line in lines if "bar" not in line or "bar-0" in line))
    outcome = trained(folder, tmp_path)
    assert outcome.photos == 2 * 8 + 1


def test_photos_that_cannot_be_read_are_listed_and_training_goes_on(tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(run, "install_trained", lambda *some, **named: [])
    folder = write_photo_folder(tmp_path / "photos")
    (folder / "train" / "disc-0.png").unlink()
    (folder / "train" / "disc-1.png").write_bytes(b"%PDF-1.7 not a photo")
    (folder / "train" / "disc-2.png").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "train" / "ring-0.png").write_bytes(b"\x00\x00\x00\x18ftypheic" + bytes(40))
    (folder / "train" / "ring-1.png").write_bytes(b"")
    Image.new("CMYK", (40, 40)).save(folder / "train" / "bar-0.jpg", "JPEG")
    table = (folder / "train.tsv").read_text().replace("bar-0.png", "bar-0.jpg")
    (folder / "train.tsv").write_text(table)
    events: list = []
    outcome = trained(folder, tmp_path, events=events)
    assert outcome.photos == 24 - 5
    told = "\n".join(event["photo"] for event in events if event["event"] == "left out")
    for reason in ("disc-0.png: no such file", "a PDF", "an SVG", "a HEIC", "the file is empty"):
        assert reason in told


def test_a_folder_of_one_class_or_without_photos_is_refused(tmp_path, tiny):
    folder = write_photo_folder(tmp_path / "photos")
    lines = (folder / "train.tsv").read_text().splitlines(True)
    (folder / "train.tsv").write_text("".join(line for line in lines if "disc" in line))
    with pytest.raises(TrainingError, match="fewer than two classes"):
        trained(folder, tmp_path)
    for split in ("train", "val"):
        (folder / f"{split}.tsv").write_text("")
    with pytest.raises(PhotoSetError, match="no train photos"):
        trained(folder, tmp_path)


def test_networks_of_three_families_load_and_can_be_cut_anywhere(tmp_path):
    from torchvision import models

    for name in ("resnet18", "vgg11_bn"):
        path = tmp_path / f"{name}.pt"
        torch.save(getattr(models, name)(weights=None).state_dict(), path)
        backbone = load_backbone(name, path, size=64)
        net = PhotoNet(backbone, cut=backbone.tail, dimension=16, heads={"fine": 5}).eval()
        pixels = torch.randint(0, 255, (2, 64, 64, 3), dtype=torch.uint8)
        with torch.inference_mode():
            whole = net(pixels)
            net.cut = 0
            other = net(pixels)
        assert [tuple(one.shape[:2]) for one in whole] == [(2, 16), (2, 5), (2, 5)]
        torch.testing.assert_close(whole[1], other[1], rtol=1e-4, atol=1e-4)
        assert taps_of(backbone)


def test_weights_that_do_not_fit_or_are_a_program_are_refused(tmp_path):
    import pickle

    with pytest.raises(SourceError, match="name a file of torchvision's resnet18 with --weights"):
        load_backbone("resnet18")
    with pytest.raises(SourceError, match="no network 'resnet1000'"):
        load_backbone("resnet1000")
    other = tmp_path / "other.pt"
    torch.save({"something.weight": torch.zeros(2)}, other)
    with pytest.raises(SourceError, match=r"other\.pt does not fit: .* are absent"):
        load_backbone("resnet18", other)
    program = tmp_path / "program.pt"
    program.write_bytes(pickle.dumps(print))
    with pytest.raises(SourceError, match=r"program\.pt cannot be read as weights"):
        read_weights(program)
    with pytest.raises(SourceError, match="no such file"):
        read_weights(tmp_path / "none.pt")
