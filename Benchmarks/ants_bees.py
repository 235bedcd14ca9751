"""ResNet-50 on ants and bees in PyTorch, as `graft finetune --depth block` does it.

usage: ants_bees.py resnet50_imagenet.onnx ants_bees [--seeds 1 2 3] [--augment]

The same weights, photos, split and settings: a head on kept features of the frozen network (AdamW,
label smoothing 0.2, 100 epochs of cosine, patience 20), then layer4 and the head on kept features of
layer3 (SGD 1e-3, momentum 0.9, ten epochs of cosine, patience 5, statistics frozen, moving average
0.98). With --augment the latter learns from four changed views of each photo. Prints the best
validation accuracy of both. Needs torch, torchvision, onnx and Pillow.
"""

import argparse
import copy
import math
import pathlib

import onnx
import torch
import torchvision
from onnx import numpy_helper
from PIL import Image
from torch import nn
from torch.nn import functional
from torchvision import transforms

SMOOTHING, DECAY, AVERAGE, VIEWS = 0.2, 0.01, 0.98, 4
NORMALIZE = [transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
PLAIN = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), *NORMALIZE])
LIGHT = transforms.Compose([
    transforms.RandomResizedCrop(224, scale=(0.6, 1)), transforms.RandomHorizontalFlip(),
    transforms.ColorJitter(0.2, 0.2, 0.2), *NORMALIZE])


def network(path):
    """torchvision's ResNet-50 with the weights of the file; its BatchNormalization never learns means."""
    kept = {t.name: torch.tensor(numpy_helper.to_array(t)) for t in onnx.load(path).graph.initializer}
    model = torchvision.models.resnet50()
    model.load_state_dict(kept, strict=False)
    return model.eval()


def stages(model):
    """What is before layer4, and what is after it but for the head."""
    first = nn.Sequential(
        model.conv1, model.bn1, model.relu, model.maxpool, model.layer1, model.layer2, model.layer3)
    return first, nn.Sequential(model.layer4, model.avgpool, nn.Flatten())


def photos(folder):
    classes = sorted(p.name for p in folder.iterdir() if p.is_dir())
    return [(path, label) for label, name in enumerate(classes)
            for path in sorted((folder / name).iterdir())]


@torch.no_grad()
def features(listed, change, part, batch=8):
    rows = [change(Image.open(path).convert("RGB")) for path, _ in listed]
    return torch.cat([part(torch.stack(rows[i : i + batch])) for i in range(0, len(rows), batch)])


def train(model, views, labels, judged, answers, seed, epochs, batch, patience, make, average=None):
    """The highest validation accuracy of an epoch, whose weights the model then has."""
    generator = torch.Generator().manual_seed(seed)
    weights = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() == 1]
    optimizer = make([{"params": weights, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}])
    steps = epochs * math.ceil(len(labels) / batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: (1 + math.cos(math.pi * step / steps)) / 2)
    kept = copy.deepcopy(model) if average else model
    best, step = ((0, 0), 0, None), 0
    for epoch in range(epochs):
        inputs = views[epoch % len(views)]
        for index in torch.randperm(len(labels), generator=generator).split(batch):
            loss = functional.cross_entropy(model(inputs[index]), labels[index], label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            if average:
                share = 1 - min(average, (1 + step) / (10 + step))
                with torch.no_grad():
                    for a, w in zip(kept.parameters(), model.parameters()):
                        a += share * (w - a)
            step += 1
        with torch.no_grad():
            logits = torch.cat([kept(part) for part in judged.split(16)])
        found = ((logits.argmax(1) == answers).float().mean().item(),
                 -functional.cross_entropy(logits, answers).item())
        if found > best[0]:
            best = (found, epoch, copy.deepcopy(kept.state_dict()))
        if epoch - best[1] >= patience:
            break
    model.load_state_dict(best[2])
    return best[0][0]


def run(flags, seed):
    torch.manual_seed(seed)
    training, validation = photos(flags.folder / "train"), photos(flags.folder / "val")
    labels, answers = (torch.tensor([label for _, label in part]) for part in (training, validation))
    first, last = stages(network(flags.weights))
    before, judged = (features(part, PLAIN, first) for part in (training, validation))
    with torch.no_grad():
        pooled, pooled_judged = (torch.cat([last(b) for b in x.split(8)]) for x in (before, judged))
    scale = pooled.square().mean().sqrt().item()
    head = nn.Linear(2048, 2)
    nn.init.normal_(head.weight, std=0.001 / scale)
    nn.init.zeros_(head.bias)
    adamw = lambda groups: torch.optim.AdamW(groups, lr=1e-3 / scale)
    found = train(head, [pooled], labels, pooled_judged, answers, seed, 100, 32, 20, adamw)
    print(f"seed {seed}: head {100 * found:.1f} %", flush=True)

    views = [features(training, LIGHT, first) for _ in range(VIEWS)] if flags.augment else [before]
    sgd = lambda groups: torch.optim.SGD(groups, lr=1e-3, momentum=0.9)
    found = train(
        nn.Sequential(last, head), views, labels, judged, answers, seed, 10, 16, 5, sgd, AVERAGE)
    print(f"seed {seed}: last block {100 * found:.1f} %", flush=True)


parser = argparse.ArgumentParser()
parser.add_argument("weights", type=pathlib.Path)
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
parser.add_argument("--augment", action="store_true")
flags = parser.parse_args()
for seed in flags.seeds:
    run(flags, seed)
