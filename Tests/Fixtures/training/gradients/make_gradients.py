"""Writes small networks of this folder as ONNX, and PyTorch's gradients and losses: gradients.json.

usage: python make_gradients.py        (needs numpy, onnx, torch; recorded with torch 2.13.0)

Gradients are of the mean cross-entropy in float64, with running statistics and with those of the
batch; losses are those before ten steps of SGD with momentum 0.9. Element i of the images, in ONNX
order, is sin(0.7 i); image n belongs to class n mod 3.
"""

import json
import pathlib
import warnings

import numpy
import torch
from torch import nn

FOLDER = pathlib.Path(__file__).parent
BATCH, SIDE, CLASSES, RATE = 4, 13, 3, 0.01


def norm(channels):
    return nn.BatchNorm2d(channels)


class Residual(nn.Module):
    """A bottleneck with a strided shortcut, then one without."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 7, 2, 3, bias=False), norm(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.down = nn.Sequential(nn.Conv2d(8, 16, 1, 2, bias=False), norm(16))
        self.first = self.block(8, 16, 2)
        self.second = self.block(16, 16, 1)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(16, CLASSES)

    @staticmethod
    def block(inputs, outputs, stride):
        return nn.Sequential(
            nn.Conv2d(inputs, 8, 1, bias=False), norm(8), nn.ReLU(),
            nn.Conv2d(8, 8, 3, stride, 1, bias=False), norm(8), nn.ReLU(),
            nn.Conv2d(8, outputs, 1, bias=False), norm(outputs))

    def forward(self, x):
        x = self.stem(x)
        x = self.relu(self.first(x) + self.down(x))
        x = self.relu(self.second(x) + x)
        return self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))


class Inception(nn.Module):
    """Branches of oblong, strided and pooled kinds, concatenated."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, 2, bias=False), norm(6), nn.ReLU())
        self.one = self.conv(6, 4, 1)
        self.oblong = nn.Sequential(
            self.conv(6, 4, 1), self.conv(4, 4, (1, 5), padding=(0, 2)),
            self.conv(4, 5, (5, 1), padding=(2, 0)))
        self.pooled = self.conv(6, 3, 1)
        self.reduce = self.conv(12, 8, 3, stride=2)
        self.fc = nn.Linear(20, CLASSES)

    @staticmethod
    def conv(inputs, outputs, kernel, **options):
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, kernel, bias=False, **options), norm(outputs), nn.ReLU())

    def forward(self, x):
        x = self.stem(x)
        pooled = nn.functional.avg_pool2d(x, 3, 1, 1)
        x = torch.cat([self.one(x), self.oblong(x), self.pooled(pooled)], 1)
        x = torch.cat([self.reduce(x), nn.functional.max_pool2d(x, 3, 2)], 1)
        return self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))


class Mobile(nn.Module):
    """Inverted residuals: depthwise convolutions, ReLU6, Hardswish."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), norm(8), nn.ReLU6())
        self.first = self.block(8, 16, 8, 1, nn.ReLU6)
        self.second = self.block(8, 16, 12, 2, nn.Hardswish)
        self.fc = nn.Linear(12, CLASSES)

    @staticmethod
    def block(inputs, hidden, outputs, stride, activation):
        return nn.Sequential(
            nn.Conv2d(inputs, hidden, 1, bias=False), norm(hidden), activation(),
            nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False), norm(hidden),
            activation(), nn.Conv2d(hidden, outputs, 1, bias=False), norm(outputs))

    def forward(self, x):
        x = self.stem(x)
        x = self.second(self.first(x) + x)
        return self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))


class Plain(nn.Module):
    """As AlexNet: groups, biases, dilation, a flattened image."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 5, 2, 2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(8, 8, 3, padding=1, groups=2), nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=2, dilation=2), nn.Sigmoid())
        self.classifier = nn.Sequential(nn.Linear(72, 10), nn.ReLU(), nn.Linear(10, CLASSES))

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


def build(kind):
    torch.manual_seed(0)
    model = kind()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.uniform_(-0.5, 0.5)
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.2, 0.6)
    return model.eval()


def set_mode(model, mode):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train(mode == "batch")
    return model


def numbers(values):
    return [float(f"{value:.7g}") for value in numpy.asarray(values).reshape(-1)]


def record(kind, mode, image, labels):
    model = set_mode(build(kind).double(), mode)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)
    losses, gradients = [], {}
    for step in range(10):
        loss = nn.functional.cross_entropy(model(image), labels)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            gradients = {name: numbers(p.grad) for name, p in model.named_parameters()}
        optimizer.step()
    return {"losses": numbers(losses), "gradients": gradients}


def main():
    warnings.filterwarnings("ignore")
    count = BATCH * 3 * SIDE * SIDE
    image = torch.from_numpy(numpy.sin(0.7 * numpy.arange(count)).astype(numpy.float32))
    image = image.double().reshape(BATCH, 3, SIDE, SIDE)
    labels = torch.arange(BATCH) % CLASSES
    found = {}
    for kind in (Residual, Inception, Mobile, Plain):
        name = kind.__name__.lower()
        torch.onnx.export(
            build(kind), torch.zeros(1, 3, SIDE, SIDE), FOLDER / f"{name}.onnx", dynamo=False,
            opset_version=14, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
            input_names=["image"], output_names=["logits"],
            dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}})
        modes = ["running"] if kind is Plain else ["running", "batch"]
        for mode in modes:
            found[f"{name} {mode}"] = record(kind, mode, image, labels)
    text = ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in found.items())
    (FOLDER / "gradients.json").write_text("{\n" + text + "\n}\n")


if __name__ == "__main__":
    main()
