"""Makes the networks of this folder but for Keras's, and records what ONNX Runtime answers.

    pip install onnx onnxruntime numpy sympy
    python Tests/Fixtures/importers/make_importers.py

- `old-*-opset3.onnx` to `-opset12.onnx`: networks of opset 13, one made here and those of
  ../networks, rewritten by Scripts/old_opsets.py. The answers are those of the modern form.
- `half-*.onnx`: weights, inputs and outputs of float16, all or with Casts around, and weights of
  bfloat16. The answers are those of the network with the same weights widened to float.
- `int8-*.onnx`: quantised by ONNX Runtime to 8 bits, with QuantizeLinear and DequantizeLinear (qdq)
  or operators on integers (qlinear). `answers` are those of the float network, `integers` those of
  the file.

Weights are seeded and random. Answers are for two seeded images, as ../networks has them. `answers.json`
keeps what make_keras.py recorded.
"""

import copy
import json
import pathlib
import sys
import tempfile

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import quantization
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType

folder = pathlib.Path(__file__).parent
sys.path.insert(0, str(folder.parents[2] / "Scripts"))
import old_opsets  # noqa: E402

SIZE = 16
BATCH = 2


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


def answers(model, x):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    rows = session.run(None, {session.get_inputs()[0].name: x})[0].reshape(len(x), -1)
    return [[float(f"{v:.9g}") for v in row] for row in rows.tolist()]


class Maker:
    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)
        self.nodes, self.initializers = [], []

    def store(self, name, values):
        self.initializers.append(numpy_helper.from_array(numpy.asarray(values), name))
        return name

    def weights(self, name, *shape, low=-0.5, high=0.5):
        return self.store(name, self.random.uniform(low, high, shape).astype(numpy.float32))

    def integers(self, name, *values):
        return self.store(name, numpy.array(values, numpy.int64))

    def number(self, name, value):
        return self.store(name, numpy.array(value, numpy.float32))

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def norm(self, x, channels, output):
        names = [
            self.weights(f"{output}.{part}", channels, low=low, high=high)
            for part, low, high in (
                ("scale", 0.5, 1.5), ("bias", -0.3, 0.3), ("mean", -0.2, 0.2), ("var", 0.5, 1.5))]
        return self.node("BatchNormalization", [x, *names], output)

    def model(self, name, output, classes, opset=13, ir=7):
        inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, SIZE, SIZE])]
        outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["N", classes])]
        model = helper.make_model(
            helper.make_graph(self.nodes, name, inputs, outputs, self.initializers),
            opset_imports=[helper.make_opsetid("", opset)], ir_version=ir, producer_name="by hand")
        onnx.checker.check_model(model)
        return model


def various():
    """What opsets 3 to 12 wrote differently, in one network of opset 13."""
    m = Maker(11)
    x = m.node("Pad", ["input", m.integers("pads", 0, 0, 0, 1, 0, 0, 2, 1), m.number("zero", 0.25)],
               "pad")
    x = m.node("Conv", [x, m.weights("w1", 8, 3, 3, 3)], "conv1", kernel_shape=[3, 3])
    x = m.node("Relu", [m.norm(x, 8, "bn1")], "relu1")
    x = m.node("Mul", [x, m.weights("scale", 8, 1, 1, low=0.5, high=1.5)], "scaled")
    x = m.node("Add", [m.weights("shift", 1, 8, 1, 1), x], "shifted")
    x = m.node("Sub", [x, m.number("centre", 0.1)], "centred")
    x = m.node("Div", [x, m.number("spread", 1.7)], "divided")
    x = m.node("MaxPool", [x], "pool1", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    a = m.node("Conv", [x, m.weights("w2", 8, 8, 3, 3), m.weights("b2", 8)], "conv2",
               kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    x = m.node("Add", [m.norm(a, 8, "bn2"), x], "joined")
    x = m.node("Clip", [x, m.number("least", 0), m.number("most", 1.5)], "clip")
    a = m.node("Slice", [x, m.integers("starts", 0), m.integers("ends", 4), m.integers("axes", 1)],
               "half")
    a = m.node("LeakyRelu", [m.node("Conv", [a, m.weights("w3", 8, 4, 1, 1)], "conv3")], "leaky",
               alpha=0.2)
    x = m.node("Concat", [x, a], "both", axis=1)
    x = m.node("AveragePool", [x], "pool2", kernel_shape=[2, 2], strides=[2, 2])
    x = m.node("Reshape", [x, m.integers("shape", 0, -1)], "flat")
    x = m.node("Unsqueeze", [x, m.integers("added", 2, 3)], "four")
    x = m.node("Squeeze", [m.node("Sigmoid", [x], "gates"), m.integers("gone", 2, 3)], "two")
    x = m.node("Gemm", [x, m.weights("w4", 20, 256), m.weights("b4", 1)], "fc1", transB=1)
    x = m.node("Dropout", [m.node("Tanh", [x], "tanh"), m.number("ratio", 0.3)], "drop")
    x = m.node("Gemm", [x, m.weights("w5", 20, 10), m.weights("b5", 10)], "fc2")
    return m.model("various", m.node("Softmax", [x], "output", axis=-1), 10)


def load(name):
    return onnx.load(folder.parent / "networks" / f"{name}.onnx")


# float16


def half(model, kind, keeps_input, keeps_output):
    """Weights, and unless they are kept the input and the output, of another type."""
    model = copy.deepcopy(model)
    graph = model.graph

    def narrowed(values):
        if kind == TensorProto.FLOAT16:
            return numpy_helper.from_array(values.astype(numpy.float16))
        bits = values.astype(numpy.float32).view(numpy.uint32)
        bits = ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(numpy.uint16)
        return helper.make_tensor("", kind, values.shape, bits.tobytes(), raw=True)

    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            replaced = narrowed(numpy_helper.to_array(tensor))
            replaced.name = tensor.name
            tensor.CopyFrom(replaced)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.name == "value" and attribute.t.data_type == TensorProto.FLOAT:
                attribute.t.CopyFrom(narrowed(numpy_helper.to_array(attribute.t)))
    del graph.value_info[:]
    source, result = graph.input[0], graph.output[0]
    if keeps_input:
        for node in graph.node:
            node.input[:] = ["narrow" if name == source.name else name for name in node.input]
        graph.node.insert(0, helper.make_node("Cast", [source.name], ["narrow"], "narrow", to=kind))
    else:
        source.type.tensor_type.elem_type = kind
    if keeps_output:
        for node in graph.node:
            node.output[:] = ["before" if name == result.name else name for name in node.output]
        graph.node.append(helper.make_node(
            "Cast", ["before"], [result.name], "widen", to=TensorProto.FLOAT))
    else:
        result.type.tensor_type.elem_type = kind
    onnx.checker.check_model(model)
    return model


def widened(model, narrow):
    """The float network with the weights that the narrow one has."""
    model = copy.deepcopy(model)
    for tensor, other in zip(model.graph.initializer, narrow.graph.initializer):
        if tensor.data_type == TensorProto.FLOAT:
            values = numpy_helper.to_array(other).astype(numpy.float32)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    return model


# int8


class Photos(CalibrationDataReader):
    def __init__(self, name):
        batch = images(16, (3, SIZE, SIZE), seed=70)
        self.photos = iter([{name: batch[i:i + 1]} for i in range(16)])

    def get_next(self):
        return next(self.photos, None)


def quantized(model, **settings):
    with tempfile.TemporaryDirectory() as place:
        source, prepared, target = (pathlib.Path(place, n) for n in ("a.onnx", "b.onnx", "c.onnx"))
        onnx.save(model, source)
        quantization.quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantization.quantize_static(
            str(prepared), str(target), Photos(model.graph.input[0].name), **settings)
        return onnx.load(target)




if __name__ == "__main__":
    x = images(BATCH, (3, SIZE, SIZE))
    path = folder / "answers.json"
    recorded = json.loads(path.read_text()) if path.exists() else {}
    recorded = {name: rows for name, rows in recorded.items() if name.startswith("keras")}

    def save(name, model, **rows):
        onnx.save(model, folder / f"{name}.onnx")
        recorded[name] = rows

    modern = {"various": various(), "residual": old_opsets.with_dropout(load("residual-opset13")),
              "mobile": load("mobile-opset13")}
    for name, model in modern.items():
        expected = answers(model, x)
        for opset in old_opsets.OPSETS if name == "various" else [3, 8]:
            try:
                old = old_opsets.rewritten(model, opset)
            except old_opsets.Unwritable as reason:
                print(f"{name} {opset}: {reason}")
                continue
            save(f"old-{name}-opset{opset}", old, answers=expected)

    for name, base, kind, keeps in (
            ("half-residual", "residual-opset13", TensorProto.FLOAT16, (False, False)),
            ("half-mobile", "mobile-opset13", TensorProto.FLOAT16, (True, True)),
            ("half-squeeze", "squeeze-opset11", TensorProto.FLOAT16, (False, True)),
            ("bfloat-residual", "residual-opset13", TensorProto.BFLOAT16, (True, True))):
        model = half(load(base), kind, *keeps)
        save(name, model, answers=answers(widened(load(base), model), x))

    for name, base, settings in (
            ("int8-residual-qdq", "residual-opset13", {
                "quant_format": QuantFormat.QDQ, "per_channel": True,
                "activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8}),
            ("int8-residual-qlinear", "residual-opset13", {
                "quant_format": QuantFormat.QOperator, "per_channel": True,
                "activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8}),
            ("int8-mobile-qdq", "mobile-opset13", {
                "quant_format": QuantFormat.QDQ, "per_channel": False,
                "activation_type": QuantType.QInt8, "weight_type": QuantType.QInt8}),
            ("int8-squeeze-qlinear", "squeeze-opset11", {
                "quant_format": QuantFormat.QOperator, "per_channel": False,
                "activation_type": QuantType.QUInt8, "weight_type": QuantType.QUInt8}),
            ("int8-vgg-qdq", "vgg-opset18", {
                "quant_format": QuantFormat.QDQ, "per_channel": True,
                "activation_type": QuantType.QInt8, "weight_type": QuantType.QInt8})):
        model = quantized(load(base), **settings)
        print(name, sorted({n.op_type for n in model.graph.node}))
        save(name, model, answers=answers(load(base), x), integers=answers(model, x))

    lines = [f" {json.dumps(n)}: {json.dumps(rows)}" for n, rows in sorted(recorded.items())]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
