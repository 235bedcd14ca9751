"""Records what PyTorch's optimizers do under OneCycleLR, in one_cycle.txt beside this file.

    python make_one_cycle_fixtures.py        # torch 2.13.0+cpu

The rate rises and falls, the momentum (beta1 of Adam) falls and rises. Each block: `case <name>`, then a
line `p`, the parameter before, and for every step a line `g`, the gradient given, and a line `p`, the
parameter after.
"""
import pathlib
import torch

CASES = [
    ("sgd", torch.optim.SGD, dict(momentum=0.9, weight_decay=0.05), 0.1),
    ("nesterov", torch.optim.SGD, dict(momentum=0.9, weight_decay=0.05, nesterov=True), 0.1),
    ("adam", torch.optim.Adam, dict(weight_decay=0.05), 0.01),
    ("adamw", torch.optim.AdamW, dict(weight_decay=0.05), 0.01),
    ("rmsprop-momentum", torch.optim.RMSprop, dict(momentum=0.9, weight_decay=0.05), 0.01),
]
STEPS = 12


def line(tag, tensor):
    return tag + " " + " ".join(f"{v:.9g}" for v in tensor.tolist())


lines = []
for name, make, settings, rate in CASES:
    torch.manual_seed(8)
    parameter = torch.nn.Parameter(torch.randn(4))
    optimizer = make([parameter], lr=rate, **settings)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=STEPS)
    lines += [f"case {name}", line("p", parameter.detach())]
    for step in range(STEPS):
        parameter.grad = torch.randn(4) * torch.tensor([1.0, 0.1, 10.0, 0.0])
        lines.append(line("g", parameter.grad))
        optimizer.step()
        if step + 1 < STEPS:
            scheduler.step()
        lines.append(line("p", parameter.detach()))
pathlib.Path(__file__).with_name("one_cycle.txt").write_text("\n".join(lines) + "\n")
