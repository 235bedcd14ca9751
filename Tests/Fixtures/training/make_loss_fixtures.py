"""Records torch.nn.functional.cross_entropy and its gradient in losses.txt beside this file.

    python make_loss_fixtures.py             # torch 2.13.0+cpu

Each case is five lines: name and smoothing; class weights, or `-`; labels; logits, row by row; loss
and gradient.
"""
import pathlib
import torch

lines = []


def numbers(tensor):
    return " ".join(f"{v:.9g}" for v in tensor.flatten().tolist())


def record(name, logits, labels, smoothing=0.0, weights=None):
    z = logits.clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy(
        z, labels, weight=weights, label_smoothing=smoothing)
    loss.backward()
    lines.extend([
        f"{name} {smoothing}", "-" if weights is None else numbers(weights),
        " ".join(str(v) for v in labels.tolist()), numbers(logits),
        numbers(torch.cat([loss.detach().reshape(1), z.grad.flatten()]))])


torch.manual_seed(3)
z, y = torch.randn(7, 5) * 3, torch.randint(0, 5, (7,))
w = torch.tensor([0.5, 1.0, 2.0, 1.5, 0.25])
record("plain", z, y)
record("smoothed", z, y, smoothing=0.1)
record("weighted", z, y, weights=w)
record("both", z, y, smoothing=0.2, weights=w)
record("large", z * 200 + 1000, y)
record("one-row", z[:1], y[:1])
record("one-class", torch.randn(3, 1), torch.zeros(3, dtype=torch.long))
pathlib.Path(__file__).with_name("losses.txt").write_text("\n".join(lines) + "\n")
