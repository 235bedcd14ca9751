"""Records losses of dense targets, and their gradients, in dense_losses.txt beside this file, and those
with weights of positive answers in positive_weights.txt.

    python make_dense_loss_fixtures.py       # torch 2.13.0+cpu

Each case is five lines: name, outputs of a row, smoothing, gamma; class weights, or `-`; targets, row by
row; outputs; loss and gradient. In positive_weights.txt the weights of the positive answers come
behind the class weights. Computed in float64 by torch's own losses and automatic derivatives.
"""
import pathlib
import torch
import torch.nn.functional as F

lines = []


def numbers(tensor):
    return " ".join(f"{v:.9g}" for v in tensor.flatten().tolist())


def smoothed(y, smoothing, spread):
    return y * (1 - smoothing) + smoothing / spread


def cross_entropy(z, y, w, smoothing, gamma):
    loss = F.cross_entropy(z, y, weight=w, label_smoothing=smoothing, reduction="sum")
    return loss / (y if w is None else y * w).sum()


def focal(z, y, w, smoothing, gamma):
    t, log_p = smoothed(y, smoothing, y.shape[1]), F.log_softmax(z, 1)
    w = torch.ones(y.shape[1], dtype=z.dtype) if w is None else w
    return -(w * t * (1 - log_p.exp()) ** gamma * log_p).sum() / (y * w).sum()


def hinge(z, y, w, smoothing, gamma):
    # Torch takes one label a row; of mixed rows the loss is the sum of the labels' by their shares.
    t = smoothed(y, smoothing, y.shape[1])
    of_label = torch.stack([
        F.multi_margin_loss(z, torch.full((len(z),), k), weight=w, reduction="none")
        for k in range(y.shape[1])], 1)
    return (t * of_label).sum() / len(z)


def sigmoid_cross_entropy(z, y, w, smoothing, gamma):
    t = smoothed(y, smoothing, max(y.shape[1], 2))
    return F.binary_cross_entropy_with_logits(z, t, weight=w)


def mean_squared_error(z, y, w, smoothing, gamma):
    return F.mse_loss(z, y)


def huber(z, y, w, smoothing, gamma):
    return F.smooth_l1_loss(z, y)


def half_squared_error(z, y, w, smoothing, gamma):
    return F.mse_loss(z, y, reduction="sum") / 2 / len(y)


def record(loss, outputs, targets, weights=None, smoothing=0.0, gamma=0.0):
    # What the test reads is float32.
    outputs, targets = outputs.float(), targets.float()
    z = outputs.double().requires_grad_()
    w = None if weights is None else weights.double()
    value = loss(z, targets.double(), w, smoothing, gamma)
    value.backward()
    lines.extend([
        f"{loss.__name__.replace('_', '-')} {outputs.shape[1]} {smoothing} {gamma}",
        "-" if weights is None else numbers(weights), numbers(targets), numbers(outputs),
        numbers(torch.cat([value.detach().reshape(1), z.grad.flatten()]))])


torch.manual_seed(5)
z = torch.randn(6, 5) * 2
one_hot = F.one_hot(torch.randint(0, 5, (6,)), 5).float()
mixed = 0.3 * one_hot + 0.7 * one_hot.roll(1, 0)
many = (torch.rand(6, 5) < 0.4).float()
w = torch.tensor([0.5, 1.0, 2.0, 1.5, 0.25])
for smoothing, weights in [(0.0, None), (0.1, None), (0.2, w)]:
    record(cross_entropy, z, mixed, weights, smoothing)
    for gamma in [0.0, 0.5, 2.0]:
        record(focal, z, mixed, weights, smoothing, gamma)
    record(sigmoid_cross_entropy, z, many, weights, smoothing)
record(focal, z, one_hot, w, 0.0, 2.0)
record(sigmoid_cross_entropy, z * 30, mixed)
record(sigmoid_cross_entropy, z[:, :1], many[:, :1], smoothing=0.1)
record(mean_squared_error, z, torch.randn(6, 5) * 3)
record(mean_squared_error, z[:, :1], torch.randn(6, 1))
record(half_squared_error, z, torch.randn(6, 5) * 3)
for smoothing, weights in [(0.0, None), (0.1, None), (0.2, w)]:
    record(hinge, z, mixed, weights, smoothing)
record(hinge, z, one_hot, w)
record(hinge, z[:, :1], one_hot[:, :1])
record(huber, z, torch.randn(6, 5) * 3)
record(huber, z[:, :1], torch.randn(6, 1))
pathlib.Path(__file__).with_name("dense_losses.txt").write_text("\n".join(lines) + "\n")

lines = []
positive = torch.tensor([3.0, 1.0, 0.5, 10.0, 0.1])


def weighted_answers(z, y, w, smoothing, gamma):
    t = smoothed(y, smoothing, max(y.shape[1], 2))
    return F.binary_cross_entropy_with_logits(
        z, t, weight=w, pos_weight=positive[:y.shape[1]].double())


for outputs, targets, weights, smoothing in [
        (z, many, None, 0.0), (z * 30, many, None, 0.0), (z, mixed, w, 0.0), (z, many, w, 0.1),
        (z[:, :1], many[:, :1], None, 0.0)]:
    record(weighted_answers, outputs, targets, weights, smoothing)
    lines.insert(-3, numbers(positive[:targets.shape[1]]))
pathlib.Path(__file__).with_name("positive_weights.txt").write_text("\n".join(lines) + "\n")
