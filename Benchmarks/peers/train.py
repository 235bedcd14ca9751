"""Images a second in training: forward, cross-entropy, backward, descent with momentum; one batch in memory.

usage: train.py --engine pytorch|pytorch-nchw|tensorflow --network NAME --depth all|block
                [--batch 16] [--threads N] [--seconds 5]

As `graft bench --mode` has it: a new head of five classes (ten digits); `block` runs the frozen layers
without gradients in each step, and trains the last stage: layer4 of ResNet, conv5 and the classifier
of VGG. What learns normalises by the statistics of the batch and drops out; what is frozen does not.
"""

from measure import flags, measure, report

given = flags(__doc__, "engine", "network", "depth", batch=16)

import numpy as np

RATE, MOMENTUM = 1e-4, 0.9
digits = given.network in ("mlp", "lenet")
classes = 10 if digits else 5
shape = (1, 28, 28) if digits else (3, 224, 224)
random = np.random.default_rng(0)
x = random.standard_normal((given.batch, *shape), dtype=np.float32)
y = random.integers(0, classes, given.batch)


def with_pytorch(x, y):
    import torch
    from torch import nn
    from torch.nn import functional

    from networks import network

    torch.set_num_threads(given.threads)
    model = network(given.network, classes)
    if given.depth == "all":
        frozen, learning = nn.Identity(), model
    elif given.network.startswith("resnet"):
        parts = list(model.children())  # conv1, bn1, relu, maxpool, layer1 … layer4, avgpool, fc
        frozen = nn.Sequential(*parts[:7])
        learning = nn.Sequential(*parts[7:9], nn.Flatten(), parts[9])
    else:
        frozen = model.features[:24]
        learning = nn.Sequential(model.features[24:], model.avgpool, nn.Flatten(), model.classifier)
    learning.train()
    frozen.requires_grad_(False)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    if given.engine == "pytorch":
        x = x.contiguous(memory_format=torch.channels_last)
        model.to(memory_format=torch.channels_last)
    rule = torch.optim.SGD(learning.parameters(), lr=RATE, momentum=MOMENTUM)

    def step():
        with torch.no_grad():
            features = frozen(x)
        rule.zero_grad(set_to_none=True)
        functional.cross_entropy(learning(features), y).backward()
        rule.step()

    count = sum(weight.numel() for weight in learning.parameters())
    return step, 1, count, torch.__version__


def keras_network(keras):
    layers = keras.layers
    if given.network == "mlp":
        return keras.Sequential([
            layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(800, activation="relu"),
            layers.Dense(classes, name="head")])
    if given.network == "lenet":
        return keras.Sequential([
            layers.Input((28, 28, 1)), layers.Conv2D(20, 5), layers.MaxPool2D(),
            layers.Conv2D(50, 5), layers.MaxPool2D(), layers.Flatten(),
            layers.Dense(500, activation="relu"), layers.Dense(classes, name="head")])
    if given.network == "resnet50":
        base = keras.applications.ResNet50(
            weights=None, include_top=False, pooling="avg", input_shape=(224, 224, 3))
        last = base.output
    else:
        # Keras's VGG-16 has no dropout: it does less than the others.
        base = keras.applications.VGG16(weights=None)
        last = base.layers[-2].output
    return keras.Model(base.input, layers.Dense(classes, name="head")(last))


def with_tensorflow(x, y):
    import keras
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(given.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    model = keras_network(keras)
    if given.depth == "block":
        for layer in model.layers:
            layer.trainable = layer.name.startswith(("conv5_", "block5", "fc", "head"))
    model.compile(
        optimizer=keras.optimizers.SGD(RATE, momentum=MOMENTUM),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
    # `fit` over several steps: one at a time would measure what Keras does around each.
    steps = 30 if digits else 1
    batches = tensorflow.data.Dataset.from_tensors((x, y)).repeat(steps)
    count = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    return lambda: model.fit(batches, verbose=0), steps, count, tensorflow.__version__


make = with_tensorflow if given.engine == "tensorflow" else with_pytorch
step, steps, trainable, version = make(x, y)
measured = measure(step, given.batch * steps, given.seconds)
report(given, {**measured, "trainable": trainable}, version)
