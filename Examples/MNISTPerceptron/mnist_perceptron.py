"""The same perceptron in PyTorch, on the same digits in the same split, to compare curves with.

    python3 mnist_perceptron.py FOLDER [--epochs 100] [--limit N] [--seed 1]

Initial weights are Keras's (Glorot uniform, biases 0), as graft's; the random numbers differ.
"""

import argparse
import gzip
import pathlib
import time

import numpy
import torch


def idx(folder, name):
    path = pathlib.Path(folder) / name
    data = path.read_bytes() if path.exists() else gzip.open(f"{path}.gz").read()
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
    return torch.tensor(numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * data[3]).reshape(shape))


def digits(folder, part, limit):
    images = idx(folder, f"{part}-images-idx3-ubyte")[:limit]
    labels = idx(folder, f"{part}-labels-idx1-ubyte")[:limit]
    return images.reshape(len(images), -1).float() / 255, labels.long()


def judge(model, x, y):
    with torch.no_grad():
        z = model(x)
    return torch.nn.functional.cross_entropy(z, y).item(), (z.argmax(1) == y).float().mean().item()


parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--epochs", type=int, default=100)
parser.add_argument("--limit", type=int)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--rate", type=float, default=0.3)
parser.add_argument("--momentum", type=float, default=0.9)
given = parser.parse_args()

torch.manual_seed(given.seed)
x, y = digits(given.folder, "train", given.limit)
test_x, test_y = digits(given.folder, "t10k", given.limit)
kept = int(len(x) * 0.8)
validation_x, validation_y, x, y = x[kept:], y[kept:], x[:kept], y[:kept]

model = torch.nn.Sequential(torch.nn.Linear(784, 800), torch.nn.ReLU(), torch.nn.Linear(800, 10))
for layer in (model[0], model[2]):
    torch.nn.init.xavier_uniform_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
rule = torch.optim.SGD(model.parameters(), lr=given.rate, momentum=given.momentum)

for epoch in range(1, given.epochs + 1):
    start, loss_sum, right = time.time(), 0.0, 0
    for rows in torch.randperm(len(x)).split(200):
        z = model(x[rows])
        loss = torch.nn.functional.cross_entropy(z, y[rows])
        rule.zero_grad()
        loss.backward()
        rule.step()
        loss_sum += loss.item() * len(rows)
        right += (z.argmax(1) == y[rows]).sum().item()
    loss, accuracy = judge(model, validation_x, validation_y)
    print(
        f"Epoch {epoch}/{given.epochs} - {time.time() - start:.1f}s - accuracy: {right / len(x):.4f}"
        f" - loss: {loss_sum / len(x):.4f} - val_accuracy: {accuracy:.4f} - val_loss: {loss:.4f}",
        flush=True,
    )
loss, accuracy = judge(model, test_x, test_y)
print(f"test loss {loss:.4f}, accuracy {100 * accuracy:.2f} %")
