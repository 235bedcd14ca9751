"""A whole program: a new head on a frozen network, as `graft finetune --depth head` trains it, in PyTorch.

usage: finetune_head.py --network resnet50 --models FOLDER --photos FOLDER --output FILE
                        [--epochs 20] [--threads N] [--features kept|anew]

Features of every photo once, or anew in each epoch as most scripts do that are found on the web, Pillow
before the network; then AdamW on batches of 32 of four fifths of them, cosine, label smoothing 0.2; the
epoch that judges the rest best is written.
"""

from measure import flags

given = flags(__doc__, "network", "models", "photos", "output", epochs=20, features="kept")

import copy
import os

import torch
from torch import nn
from torch.nn import functional

from networks import network
from photos import batches, listed

torch.set_num_threads(given.threads)
torch.manual_seed(1)
paths = listed(given.photos)
names = sorted({path.parent.name for path in paths})
labels = torch.tensor([names.index(path.parent.name) for path in paths])

model = network(given.network, device="meta")
weights = torch.load(os.path.join(given.models, f"{given.network}.pt"), mmap=True, weights_only=True)
model.load_state_dict(weights, assign=True)
width = model.fc.in_features
model.fc = nn.Identity()
model = model.to(memory_format=torch.channels_last)


def computed(rows):
    """The features of some photos, read from their files."""
    with torch.inference_mode():
        found = torch.cat([
            model(torch.from_numpy(x).contiguous(memory_format=torch.channels_last))
            for x in batches([paths[row] for row in rows], 8, given.threads)])
    return found.clone()


kept = computed(range(len(paths))) if given.features == "kept" else None


def features_of(rows):
    return computed(rows.tolist()) if kept is None else kept[rows]


order = torch.randperm(len(paths))
training, validation = order[len(order) // 5 :], order[: len(order) // 5]
head = nn.Linear(width, len(names))
rule = torch.optim.AdamW(head.parameters(), lr=1e-3, weight_decay=0.01)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(rule, given.epochs)
best = (-1.0, None)
for _ in range(given.epochs):
    for rows in training[torch.randperm(len(training))].split(32):
        loss = functional.cross_entropy(head(features_of(rows)), labels[rows], label_smoothing=0.2)
        rule.zero_grad()
        loss.backward()
        rule.step()
    schedule.step()
    with torch.no_grad():
        right = (head(features_of(validation)).argmax(1) == labels[validation]).float().mean().item()
    if right > best[0]:
        best = (right, copy.deepcopy(head))
model.fc = best[1]
torch.save(model.state_dict(), given.output)
