"""Records what PyTorch's optimizers do, step by step, in optimizers.txt beside this file.

    python make_optimizer_fixtures.py        # torch 2.13.0+cpu

Each block: `case <name> <role>`, then a line `p`, the parameter before, and for every step a line
`g`, the gradient given, and a line `p`, the parameter after.
"""
import pathlib
import torch

CASES = [
    ("sgd-plain", torch.optim.SGD, dict(lr=0.1)),
    ("sgd-momentum", torch.optim.SGD, dict(lr=0.1, momentum=0.9)),
    ("sgd-decay", torch.optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.05)),
    ("sgd-nesterov", torch.optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.05, nesterov=True)),
    ("adam", torch.optim.Adam, dict(lr=0.01)),
    ("adam-decay", torch.optim.Adam, dict(lr=0.01, betas=(0.8, 0.95), weight_decay=0.1)),
    ("rmsprop", torch.optim.RMSprop, dict(lr=0.01)),
    ("rmsprop-decay", torch.optim.RMSprop, dict(lr=0.01, alpha=0.9, eps=1e-5, weight_decay=0.1)),
    ("rmsprop-momentum", torch.optim.RMSprop, dict(lr=0.01, momentum=0.9, weight_decay=0.1)),
    ("adamw", torch.optim.AdamW, dict(lr=0.01, weight_decay=0.1)),
    ("adamw-betas", torch.optim.AdamW, dict(lr=0.01, betas=(0.8, 0.95), eps=1e-5, weight_decay=0.0)),
]
STEPS = 20


def line(tag, tensor):
    return tag + " " + " ".join(f"{v:.9g}" for v in tensor.tolist())


lines = []
for name, make, settings in CASES:
    for role in ["weight", "bias"]:
        torch.manual_seed(7)
        parameter = torch.nn.Parameter(torch.randn(5))
        decay = settings.get("weight_decay", 0.0) if role == "weight" else 0.0
        optimizer = make([parameter], **{**settings, "weight_decay": decay})
        lines.append(f"case {name} {role}")
        lines.append(line("p", parameter.detach()))
        for step in range(STEPS):
            # The last number is always zero: what epsilon is for.
            gradient = torch.randn(5) * (0.1 + step) * torch.tensor([1.0, 1e-4, 10.0, 1.0, 0.0])
            parameter.grad = gradient
            optimizer.step()
            lines.append(line("g", gradient))
            lines.append(line("p", parameter.detach()))
pathlib.Path(__file__).with_name("optimizers.txt").write_text("\n".join(lines) + "\n")
