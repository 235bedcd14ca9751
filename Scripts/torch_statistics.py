"""What networks with seeded random weights need so that their answers depend on the image."""

import torch


def take_statistics(model, batch):
    """The statistics of a batch become the running ones of BatchNormalization."""
    norms = [layer for layer in model.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        model.train()(batch)
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
