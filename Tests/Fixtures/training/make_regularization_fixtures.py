"""Records gradient clipping and averaging of weights in regularization.txt beside this file.

    python make_regularization_fixtures.py   # torch 2.13.0+cpu

`clip <highest norm> <norm before>`, then lines `before` and `after` of two gradients of 5 and 3 numbers.
`average <decay>`, then for every step a line `w`, the weights, and a line `a`, their average; the first
line `w` are the weights before the first step.
"""
import pathlib
import torch


def line(tag, tensor):
    return tag + " " + " ".join(f"{v:.9g}" for v in tensor.flatten().tolist())


lines = []
torch.manual_seed(11)
for maximum, scale in [(1.0, 3.0), (1.0, 0.1), (0.25, 40.0)]:
    parameters = [torch.nn.Parameter(torch.zeros(5)), torch.nn.Parameter(torch.zeros(3))]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter) * scale
    before = torch.cat([parameter.grad for parameter in parameters]).clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, maximum)
    lines.append(f"clip {maximum} {norm.item():.9g}")
    lines.append(line("before", before))
    lines.append(line("after", torch.cat([parameter.grad for parameter in parameters])))

for decay in [0.5, 0.99]:
    model = torch.nn.Linear(4, 1, bias=False)
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(decay))
    average.update_parameters(model)  # the first call copies
    lines.append(f"average {decay}")
    lines.append(line("w", model.weight.detach()))
    for step in range(6):
        with torch.no_grad():
            model.weight += torch.randn(1, 4)
        average.update_parameters(model)
        lines.append(line("w", model.weight.detach()))
        lines.append(line("a", average.module.weight.detach()))
pathlib.Path(__file__).with_name("regularization.txt").write_text("\n".join(lines) + "\n")
