"""Records the rates of PyTorch's schedules in schedules.txt beside this file.

    python make_schedule_fixtures.py         # torch 2.13.0+cpu

Each line: a name, and the rates of the steps from 0 on, as many as the schedule has, three more where
it may go on. A line `momentum <name>` has the momenta of a schedule that moves them.
"""
import pathlib
import torch
from torch.optim import lr_scheduler as schedulers

CASES = [
    ("one-cycle", 20, lambda o: schedulers.OneCycleLR(o, max_lr=0.1, total_steps=20)),
    ("one-cycle-divisors", 50, lambda o: schedulers.OneCycleLR(
        o, max_lr=1.0, total_steps=50, pct_start=0.1, div_factor=10, final_div_factor=100)),
    ("one-cycle-momenta", 12, lambda o: schedulers.OneCycleLR(
        o, max_lr=0.2, total_steps=12, pct_start=0.5, base_momentum=0.5, max_momentum=0.75)),
    ("one-cycle-short", 5, lambda o: schedulers.OneCycleLR(
        o, max_lr=0.5, total_steps=5, pct_start=0.1)),
    ("multi-step", 12, lambda o: schedulers.MultiStepLR(o, milestones=[3, 4, 9], gamma=0.2)),
    ("exponential", 9, lambda o: schedulers.ExponentialLR(o, gamma=0.7)),
    ("linear", 13, lambda o: schedulers.PolynomialLR(o, total_iters=10)),
    ("polynomial", 13, lambda o: schedulers.PolynomialLR(o, total_iters=10, power=2.5)),
    ("cosine", 11, lambda o: schedulers.CosineAnnealingLR(o, T_max=10, eta_min=0.05)),
]
lines = []
for name, steps, make in CASES:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5, momentum=0.9)
    scheduler = make(optimizer)
    rates, momenta = [], []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if step + 1 < steps:
            scheduler.step()
    lines.append(name + " " + " ".join(f"{rate:.9g}" for rate in rates))
    if len(set(momenta)) > 1:
        lines.append(f"momentum {name} " + " ".join(f"{value:.9g}" for value in momenta))
pathlib.Path(__file__).with_name("schedules.txt").write_text("\n".join(lines) + "\n")
