"""Makes the small networks of this folder and records what ONNX Runtime answers on them.

    pip install torch onnx onnxruntime numpy
    python Tests/Fixtures/networks/make_networks.py

Each has a trait of files that people have: the exporter's layout, the opset, an operator. Weights
are seeded and random. `answers.json` holds the answers for the first 1, 2 and 7 of seven seeded
images; a file whose batch is fixed at 1 is run image by image.
"""

import json
import pathlib
import warnings

import numpy
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional

folder = pathlib.Path(__file__).parent
warnings.filterwarnings("ignore")
SIZE = 16
BATCHES = [1, 2, 7]


def images(count, shape, seed=7):
    """What Swift's `SeededGenerator(seed)` gives as `2 * uniform() - 1`: SplitMix64."""
    mask = (1 << 64) - 1
    state, values = seed, []
    for _ in range(count * int(numpy.prod(shape))):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        z ^= z >> 31
        values.append(2 * ((z >> 40) * 2.0**-24) - 1)
    return numpy.array(values, numpy.float32).reshape(count, *shape)


# As torch's TorchScript exporter writes them.


def shake(module):
    """Running statistics and scales that are not 0 and 1."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.weight.data.uniform_(0.5, 1.5)
            layer.bias.data.uniform_(-0.3, 0.3)
            layer.running_mean.uniform_(-0.2, 0.2)
            layer.running_var.uniform_(0.5, 1.5)
    return module.eval()


def export(name, module, opset, dynamic=True, folding=True, keep_norm=False, outputs=("output",)):
    torch.onnx.export(
        shake(module), torch.zeros(1, 3, SIZE, SIZE), folder / f"{name}.onnx", dynamo=False,
        opset_version=opset, do_constant_folding=folding, input_names=["input"],
        output_names=list(outputs),
        training=torch.onnx.TrainingMode.PRESERVE if keep_norm else torch.onnx.TrainingMode.EVAL,
        dynamic_axes={n: {0: "batch"} for n in ("input", *outputs)} if dynamic else None)


class Residual(nn.Module):
    def __init__(self, width=8, classes=10):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
            nn.MaxPool2d(3, 2, 1))
        self.a = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))
        self.b = nn.Sequential(
            nn.Conv2d(width, 2 * width, 3, 2, 1, bias=False), nn.BatchNorm2d(2 * width))
        self.short = nn.Sequential(
            nn.Conv2d(width, 2 * width, 1, 2, bias=False), nn.BatchNorm2d(2 * width))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2 * width, classes)

    def forward(self, x):
        x = self.stem(x)
        x = functional.relu(x + self.a(x))
        x = functional.relu(self.b(x) + self.short(x))
        return self.fc(torch.flatten(self.pool(x), 1))


class Fire(nn.Module):
    def __init__(self, inputs, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.one = nn.Conv2d(squeeze, expand, 1)
        self.three = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = functional.relu(self.squeeze(x))
        return torch.cat([functional.relu(self.one(x)), functional.relu(self.three(x))], 1)


class Squeeze(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), Fire(8, 4, 6),
            Fire(12, 4, 6), nn.Dropout(0.5), nn.Conv2d(12, classes, 1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1))

    def forward(self, x):
        return torch.flatten(self.body(x), 1)


class VGG(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 6, 3, padding=1), nn.ReLU(),
            nn.MaxPool2d(2), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Sequential(
            nn.Linear(8 * 16, 24), nn.ReLU(), nn.Dropout(), nn.Linear(24, classes))

    def forward(self, x):
        return self.head(torch.flatten(self.body(x), 1))


class Mobile(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.Hardswish(),
            nn.Conv2d(8, 8, 3, 1, 1, groups=8, bias=False), nn.BatchNorm2d(8), nn.ReLU6(),
            nn.Conv2d(8, 16, 1, bias=False), nn.BatchNorm2d(16), nn.Hardswish())
        self.excite = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 4, 1), nn.ReLU(), nn.Conv2d(4, 16, 1),
            nn.Hardsigmoid())
        self.depth = nn.Sequential(nn.Conv2d(16, 16, 5, 2, 2, groups=16), nn.ReLU6())
        self.fc = nn.Linear(16, classes)

    def forward(self, x):
        x = self.body(x)
        x = self.depth(x * self.excite(x))
        return self.fc(x.mean([2, 3]))


class SlicePad(nn.Module):
    """CIFAR-10 ResNets' shortcut without weights: every second pixel, new channels of zeros."""

    def __init__(self, classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.a = nn.Conv2d(6, 12, 3, 2, 1)
        self.b = nn.Conv2d(12, 12, 3, 1, 1)
        self.fc = nn.Linear(12, classes)

    def forward(self, x):
        x = functional.relu(self.stem(x))
        short = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 3, 3))
        x = functional.relu(short + self.b(functional.relu(self.a(x))))
        x = functional.avg_pool2d(x, x.size()[3])
        return self.fc(x.view(x.size(0), -1))


class Shaped(nn.Module):
    """As people wrote for PyTorch 1.1: shapes computed in the graph, log-probabilities."""

    def __init__(self, classes=10):
        super().__init__()
        self.one = nn.Conv2d(3, 6, 5)
        self.two = nn.Conv2d(6, 8, 3)
        self.fc = nn.Linear(8 * 4, classes)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.one(x)), 2, 2)
        x = functional.max_pool2d(functional.relu(self.two(x)), 2, 2)
        return functional.log_softmax(self.fc(x.view(x.size(0), -1)), dim=1)


class Auxiliary(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, 2, 1)
        self.side = nn.Linear(6, 10)
        self.body = nn.Conv2d(6, 8, 3, 2, 1)
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        x = functional.relu(self.stem(x))
        return (self.fc(functional.relu(self.body(x)).mean([2, 3])), self.side(x.mean([2, 3])))


# By hand: old formats, and what torch does not write.


class Maker:
    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)
        self.nodes, self.initializers = [], []

    def weights(self, name, *shape, low=-0.5, high=0.5, type=numpy.float32):
        values = self.random.uniform(low, high, shape).astype(type)
        self.initializers.append(numpy_helper.from_array(values, name))
        return name

    def integers(self, name, *values):
        self.initializers.append(numpy_helper.from_array(numpy.array(values, numpy.int64), name))
        return name

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def norm(self, x, channels, output):
        names = [
            self.weights(f"{output}.{part}", channels, low=low, high=high)
            for part, low, high in (
                ("scale", 0.5, 1.5), ("bias", -0.3, 0.3), ("mean", -0.2, 0.2), ("var", 0.5, 1.5))]
        return self.node("BatchNormalization", [x, *names], output)

    def save(self, name, output, classes, opset, ir, batch="N", inputs_too=False):
        inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [batch, 3, SIZE, SIZE])]
        if inputs_too:
            inputs += [helper.make_tensor_value_info(t.name, t.data_type, t.dims)
                       for t in self.initializers]
        outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, [batch, classes])]
        model = helper.make_model(
            helper.make_graph(self.nodes, name, inputs, outputs, self.initializers),
            opset_imports=[helper.make_opsetid("", opset)], ir_version=ir, producer_name="by hand")
        onnx.checker.check_model(model)
        onnx.save(model, folder / f"{name}.onnx")


def alexnet():
    """Opset 7, IR 3 with the weights among the inputs, LRN, a grouped Conv, Softmax."""
    m = Maker(1)
    x = m.node("Conv", ["input", m.weights("w1", 8, 3, 5, 5), m.weights("b1", 8)], "conv1",
               kernel_shape=[5, 5], strides=[2, 2], pads=[2, 2, 2, 2])
    x = m.node("Relu", [x], "relu1")
    x = m.node("LRN", [x], "norm1", size=5, alpha=0.1, beta=0.75, bias=1.0)
    x = m.node("MaxPool", [x], "pool1", kernel_shape=[3, 3], strides=[2, 2])
    x = m.node("Conv", [x, m.weights("w2", 8, 4, 3, 3), m.weights("b2", 8)], "conv2", group=2,
               kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    x = m.node("Relu", [x], "relu2")
    x = m.node("Reshape", [x, m.integers("shape", 0, -1)], "flat")
    x = m.node("Gemm", [x, m.weights("w3", 20, 72), m.weights("b3", 20)], "fc1", transB=1)
    x = m.node("Relu", [x], "relu3")
    x = m.node("Dropout", [x], "drop", ratio=0.5)
    x = m.node("Gemm", [x, m.weights("w4", 20, 10), m.weights("b4", 10)], "fc2")
    m.save("alexnet-opset7", m.node("Softmax", [x], "prob", axis=1), 10, 7, 3, inputs_too=True)


def half():
    """float16 weights that Cast nodes widen; opset 16."""
    m = Maker(2)

    def wide(name, *shape):
        return m.node("Cast", [m.weights(name, *shape, type=numpy.float16)], f"{name}.wide",
                      to=TensorProto.FLOAT)

    x = m.node("Conv", ["input", wide("w1", 8, 3, 3, 3), wide("b1", 8)], "conv", strides=[2, 2],
               auto_pad="SAME_UPPER")
    x = m.node("Relu", [x], "relu")
    x = m.node("GlobalAveragePool", [x], "pool")
    x = m.node("Flatten", [x], "flat")
    x = m.node("Gemm", [x, wide("w2", 10, 8), wide("b2", 10)], "output", transB=1)
    m.save("half-opset16", x, 10, 16, 8)


def fixed():
    """Batch 1 in the input and in the Reshape; opset 11; the weights are Constant nodes."""
    m = Maker(3)

    def constant(name, *shape):
        value = numpy_helper.from_array(
            m.random.uniform(-0.5, 0.5, shape).astype(numpy.float32), name)
        return m.node("Constant", [], name, value=value)

    x = m.node("Conv", ["input", constant("w1", 8, 3, 3, 3)], "conv", strides=[2, 2])
    x = m.node("Clip", [m.node("LeakyRelu", [x], "leaky", alpha=0.1)], "clip")
    x = m.node("AveragePool", [x], "pool", kernel_shape=[3, 3], strides=[2, 2],
               pads=[1, 1, 1, 1], count_include_pad=1)
    x = m.node("Reshape", [x, m.integers("shape", 1, 128)], "flat")
    x = m.node("MatMul", [x, constant("w2", 128, 10)], "product")
    m.save("fixed-opset11", m.node("Add", [x, constant("b2", 10)], "output"), 10, 11, 6, batch=1)


def newest():
    """Opset 21: axes as inputs, Softmax along the last axis."""
    m = Maker(4)
    x = m.node("Conv", ["input", m.weights("w1", 8, 3, 3, 3)], "conv", pads=[1, 1, 1, 1])
    x = m.node("Relu", [m.norm(x, 8, "bn")], "relu")
    x = m.node("Conv", [x, m.weights("w2", 8, 8, 3, 3)], "conv2", strides=[2, 2],
               dilations=[2, 2], pads=[2, 2, 2, 2])
    x = m.node("PRelu", [x, m.weights("slope", 8, 1, 1)], "prelu")
    x = m.node("ReduceMean", [x, m.integers("axes", 2, 3)], "mean", keepdims=1)
    x = m.node("Squeeze", [x, m.integers("squeezed", 2, 3)], "flat")
    x = m.node("Gemm", [x, m.weights("w3", 10, 8), m.weights("b3", 10)], "fc", transB=1)
    m.save("newest-opset21", m.node("Softmax", [x], "output", axis=-1), 10, 21, 10)


def answers(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0]
    x = images(max(BATCHES), source.shape[1:])

    def run(part):
        return session.run(None, {source.name: part})[0]

    if source.shape[0] == 1:
        single = numpy.concatenate([run(x[i:i + 1]) for i in range(len(x))])
        rows = {n: single[:n] for n in BATCHES}
    else:
        rows = {n: run(x[:n]) for n in BATCHES}
    return {str(n): [[float(f"{v:.9g}") for v in row] for row in rows[n].tolist()] for n in BATCHES}


if __name__ == "__main__":
    torch.manual_seed(0)
    export("residual-opset13", Residual(), 13, keep_norm=True, folding=False)
    export("residual-folded-opset17", Residual(), 17)
    export("squeeze-opset11", Squeeze(), 11)
    export("vgg-opset18", VGG(), 18)
    export("mobile-opset17", Mobile(), 17, keep_norm=True, folding=False)
    export("mobile-opset13", Mobile(), 13)
    export("slice-pad-opset13", SlicePad(), 13)
    export("shaped-opset9", Shaped(), 9, folding=False)
    export("auxiliary-opset12", Auxiliary(), 12, outputs=("output", "auxiliary"))
    alexnet()
    half()
    fixed()
    newest()
    recorded = {p.stem: answers(p) for p in sorted(folder.glob("*.onnx"))}
    lines = [f' {json.dumps(name)}: {json.dumps(rows)}' for name, rows in recorded.items()]
    (folder / "answers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
