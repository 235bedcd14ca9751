"""CIFAR10 in PyTorch: the same pictures, network, changes of the pictures and schedule as the example.

usage: cifar10.py scratch FOLDER  [--epochs 30] [--seed 1] [--output cifar10-scratch]
       cifar10.py transfer FOLDER [--first FILE.onnx] [--transfer-epochs 30] [--output cifar10-transfer]

Needs torch, numpy and Pillow; `--first`, which begins with the weights that the example kept of the
first five classes instead of learning them, also onnx. After every epoch the state is kept beside the
output's name, and the same command goes on from there.
"""

import argparse
import math
import pathlib
import time

import numpy
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

MARGIN, GREY = 4, 128
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1) * 255
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1) * 255


class Block(nn.Module):
    """Two 3x3 convolutions; the shortcut of option A (He et al. 2015, section 4.2)."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride, self.added = stride, width - inputs

    def forward(self, x):
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        if self.stride > 1 or self.added:
            before = self.added // 2
            x = x[:, :, :: self.stride, :: self.stride]
            x = functional.pad(x, (0, 0, 0, 0, before, self.added - before))
        return functional.relu(x + y)


class ResNet20(nn.Module):
    """The parameters have the names of the example's ONNX file."""

    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        inputs = 16
        for stage, width in enumerate([16, 32, 64]):
            blocks = []
            for block in range(3):
                blocks.append(Block(inputs, width, 2 if stage and not block else 1))
                inputs = width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(64, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
        self.begin_head()

    def begin_head(self):
        nn.init.normal_(self.fc.weight, std=0.01)
        nn.init.zeros_(self.fc.bias)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


def pictures(folder, part):
    """Pixels [N, 3, 32, 32], labels [N]; classes and pictures in the order of their names."""
    pixels, labels = [], []
    for label, place in enumerate(sorted(p for p in (folder / part).iterdir() if p.is_dir())):
        for path in sorted(place.iterdir()):
            pixels.append(numpy.asarray(Image.open(path).convert("RGB")))
            labels.append(label)
    return torch.from_numpy(numpy.stack(pixels)).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels)


def normalized(pixels):
    return ((pixels.float() - MEAN) / STD).contiguous(memory_format=torch.channels_last)


def changed(pixels, generator):
    """Each moved by up to four pixels in both directions, and half of them mirrored."""
    count, side = len(pixels), pixels.shape[-1]
    padded = functional.pad(pixels, [MARGIN] * 4, value=GREY)
    draw = lambda top: torch.randint(0, top, (count, 1), generator=generator)
    rows = draw(2 * MARGIN + 1) + torch.arange(side)
    columns = torch.arange(side).expand(count, side)
    columns = torch.where(draw(2) == 1, columns.flip(1), columns) + draw(2 * MARGIN + 1)
    index = torch.arange(count).view(-1, 1, 1)
    return padded[index, :, rows.unsqueeze(2), columns.unsqueeze(1)].permute(0, 3, 1, 2)


def train(model, data, epochs, rate, flags, name):
    pixels, labels = data
    model = model.to(memory_format=torch.channels_last)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.SGD(
        [{"params": decayed, "weight_decay": 1e-4}, {"params": others}], lr=rate, momentum=0.9)
    batch = min(flags.batch, len(labels))
    steps = epochs * math.ceil(len(labels) / batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: (1 + math.cos(math.pi * step / steps)) / 2)
    generator = torch.Generator().manual_seed(flags.seed)
    path, first = pathlib.Path(name + ".pt"), 0
    if path.exists():
        kept = torch.load(path)
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        schedule.load_state_dict(kept["schedule"])
        generator.set_state(kept["generator"])
        first = kept["epoch"]
        print(f"{name}: goes on from {path}, epoch {first}", flush=True)
    start = time.perf_counter()
    for epoch in range(first + 1, epochs + 1):
        model.train()
        total, right = 0.0, 0
        for index in torch.randperm(len(labels), generator=generator).split(batch):
            logits = model(normalized(changed(pixels[index], generator)))
            loss = functional.cross_entropy(logits, labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(index)
            right += (logits.argmax(1) == labels[index]).sum().item()
        torch.save(
            {"model": model.state_dict(), "optimizer": optimizer.state_dict(),
             "schedule": schedule.state_dict(), "generator": generator.get_state(), "epoch": epoch},
            path)
        print(f"{name}: epoch {epoch}/{epochs} loss {total / len(labels):.4f} training accuracy "
              f"{right / len(labels):.4f} after {time.perf_counter() - start:.1f} s", flush=True)
    return model


def judge(model, data):
    pixels, labels = data
    model.eval()
    with torch.no_grad():
        logits = torch.cat([model(normalized(part)) for part in pixels.split(100)])
    accuracy = (logits.argmax(1) == labels).float().mean().item()
    return f"accuracy {accuracy:.4f}, loss {functional.cross_entropy(logits, labels).item():.4f}"


def from_onnx(model, path):
    """Takes the weights of a file that the example wrote; the head stays."""
    import onnx
    from onnx import numpy_helper

    kept = {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    state = model.state_dict()
    for name in state:
        if not name.startswith("fc.") and not name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(kept[name])
    model.load_state_dict(state)
    return model


def scratch(flags):
    model = train(
        ResNet20(10), pictures(flags.folder, "train"), flags.epochs, flags.rate, flags, flags.output)
    print(f"test {judge(model, pictures(flags.folder, 'test'))}")


def transfer(flags):
    training, test = pictures(flags.folder, "train"), pictures(flags.folder, "test")
    known = 5
    of = lambda data, chosen: (data[0][chosen], data[1][chosen])
    renumbered = lambda data: (data[0], data[1] - known)
    # The first pictures of each of the other classes, so many of them.
    few = torch.cat(
        [c[: round(flags.part * len(c))]
         for c in ((training[1] == label).nonzero()[:, 0] for label in range(known, 10))])
    second, judged = renumbered(of(training, few)), renumbered(of(test, test[1] >= known))

    if flags.first:
        carried = from_onnx(ResNet20(known), flags.first)
    else:
        carried = train(
            ResNet20(known), of(training, training[1] < known), flags.epochs, flags.rate, flags,
            flags.output + "-first")
        carried.begin_head()
    tuned = train(
        carried, second, flags.transfer_epochs, flags.transfer_rate, flags, flags.output + "-tuned")
    print(f"carried over: test {judge(tuned, judged)}")
    random = train(
        ResNet20(known), second, flags.transfer_epochs, flags.rate, flags, flags.output + "-scratch")
    print(f"from nothing: test {judge(random, judged)}")


parser = argparse.ArgumentParser()
parser.add_argument("command", choices=["scratch", "transfer"])
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--epochs", type=int, default=30)
parser.add_argument("--batch", type=int, default=128)
parser.add_argument("--rate", type=float, default=0.1)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--transfer-epochs", type=int, default=30)
parser.add_argument("--transfer-rate", type=float, default=0.1)
parser.add_argument("--part", type=float, default=0.1)
parser.add_argument("--first", type=pathlib.Path)
parser.add_argument("--output")
flags = parser.parse_args()
flags.output = flags.output or f"cifar10-{flags.command}"
torch.manual_seed(flags.seed)
scratch(flags) if flags.command == "scratch" else transfer(flags)
