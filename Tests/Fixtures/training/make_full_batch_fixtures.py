"""Records the minima that PyTorch's L-BFGS finds, in full_batch.txt beside this file.

    python make_full_batch_fixtures.py        # torch 2.13.0+cpu

Logistic regressions of 45 samples with 6 features and 3 classes, with weight decay on the weights
and not on the biases, so that weights and loss have one minimum. First a line for each sample, `sample
<label> <features>`. Then for each problem `case <name> <decay> <smoothing> <class weights>`, `loss
<mean loss + decay / 2 of the sum of the squares>` and `w <3 x 6 weights>`.
"""
import pathlib
import torch

torch.manual_seed(5)
labels = torch.arange(45) % 3
features = (torch.randn(45, 6) * torch.tensor([1, 3, 0.2, 1, 1, 2.0]) + labels[:, None] * 0.4).float()
lines = [
    f"sample {label} " + " ".join(f"{v:.9g}" for v in row.tolist())
    for label, row in zip(labels.tolist(), features)
]
features = features.double()
for name, decay, smoothing, weights in [
    ("plain", 0.01, 0.0, [1, 1, 1]),
    ("strong", 0.5, 0.0, [1, 1, 1]),
    ("smooth", 0.001, 0.2, [1, 1, 1]),
    ("weighted", 0.02, 0.1, [0.5, 1, 3]),
]:
    w = torch.zeros(3, 6, dtype=torch.double, requires_grad=True)
    b = torch.zeros(3, dtype=torch.double, requires_grad=True)
    loss = torch.nn.CrossEntropyLoss(
        weight=torch.tensor(weights, dtype=torch.double), label_smoothing=smoothing
    )
    optimizer = torch.optim.LBFGS(
        [w, b], max_iter=1000, tolerance_grad=1e-12, tolerance_change=1e-16,
        line_search_fn="strong_wolfe",
    )

    def closure():
        optimizer.zero_grad()
        value = loss(features @ w.T + b, labels) + decay / 2 * (w * w).sum()
        value.backward()
        return value

    optimizer.step(closure)
    assert max(w.grad.abs().max(), b.grad.abs().max()) < 1e-8
    lines.append(f"case {name} {decay} {smoothing} " + " ".join(map(str, weights)))
    lines.append(f"loss {closure().item():.12g}")
    lines.append("w " + " ".join(f"{v:.9g}" for v in w.flatten().tolist()))
pathlib.Path(__file__).with_name("full_batch.txt").write_text("\n".join(lines) + "\n")
