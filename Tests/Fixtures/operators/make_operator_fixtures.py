#!/usr/bin/env python3
"""Records what ONNX Runtime computes for small single-node models.

    python make_operator_fixtures.py        writes operators.json beside this file

Made with onnx 1.23.2, onnxruntime 1.32.0 (CPU), numpy 2. Inputs are seeded, so a second run writes
the same file. Each entry: operator, opset, attributes, inputs, how many outputs the node names, and
the outputs. Inputs are "activation" (fed at run time) or constants: "parameter" (float), "ints".
"""

import json
import pathlib

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

ort.set_default_logger_severity(4)
rng = np.random.default_rng(20261123)
cases = []


def a(*shape, low=-2.0, high=2.0):
    """An activation."""
    return "activation", rng.uniform(low, high, shape).astype(np.float32)


def p(*shape, low=-1.0, high=1.0):
    """A float parameter."""
    return "parameter", rng.uniform(low, high, shape).astype(np.float32)


def value(number):
    """A float constant without dimensions."""
    return "parameter", np.array(number, dtype=np.float32)


def ints(*numbers):
    return "ints", np.array(numbers, dtype=np.int64)


ABSENT = ("absent", None)


def case(op, opset, inputs, outputs=1, **attributes):
    names, infos, feeds, initializers = [], [], {}, []
    for i, (kind, array) in enumerate(inputs):
        name = "" if kind == "absent" else f"x{i}"
        names.append(name)
        if kind == "activation":
            infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape))
            feeds[name] = array
        elif kind != "absent":
            initializers.append(numpy_helper.from_array(array, name))
            if opset < 9:  # IR 3 lists initializers among the inputs
                infos.append(
                    helper.make_tensor_value_info(name, initializers[-1].data_type, array.shape))
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, names, results, **attributes)
    graph = helper.make_graph(
        [node], "one", infos,
        [helper.make_tensor_value_info(r, TensorProto.FLOAT, None) for r in results], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 3 if opset < 9 else 8 if opset < 21 else 10
    try:
        session = ort.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"])
        got = session.run(results, feeds)
    except Exception as error:  # an opset older than ONNX Runtime's kernels
        print(f"left out: {op} opset {opset}: {str(error).splitlines()[0][:120]}")
        return
    cases.append({
        "op": op, "opset": opset,
        "attributes": {k: attribute(v) for k, v in attributes.items()},
        "inputs": [entry(kind, array) for kind, array in inputs],
        "outputs": [entry("output", y) for y in got],
    })


def attribute(v):
    if isinstance(v, float):
        return {"float": number(v)}
    if isinstance(v, int):
        return {"int": v}
    if isinstance(v, str):
        return {"string": v}
    return {"ints": list(v)}


def number(v):
    return float(np.format_float_positional(np.float32(v), unique=True, trim="-"))


def entry(kind, array):
    if array is None:
        return {"kind": kind, "shape": [], "values": []}
    flat = array.reshape(-1)
    values = [int(v) for v in flat] if kind == "ints" else [number(v) for v in flat]
    return {"kind": kind, "shape": list(array.shape), "values": values}


# Element by element
for op in ["Add", "Sub", "Mul", "Div"]:
    second = {"low": 0.5, "high": 2.0}
    for opset in [7, 13, 14]:
        case(op, opset, [a(2, 3, 4, 5), a(2, 3, 4, 5, **second)])
        case(op, opset, [a(2, 3, 4, 5), p(1, 3, 1, 1, **second)])
    case(op, 14, [a(2, 3, 4, 5), p(3, 1, 1, **second)])
    case(op, 14, [a(2, 3, 4, 5), a(2, 3, 1, 1, **second)])
    case(op, 14, [p(5), a(2, 3, 4, 5, **second)])
    case(op, 14, [a(4, 1, 3), a(1, 5, 3, **second)])
    case(op, 14, [a(3, 4), value(1.5)])
for opset in [6, 8, 13]:
    case("Sum", opset, [a(2, 3, 4, 5), a(2, 3, 4, 5), a(2, 3, 4, 5)])
case("Sum", 13, [a(2, 3, 4, 5), p(3, 1, 1), a(1)])
for op, opsets in {"Relu": [6, 13, 14], "Sigmoid": [6, 13], "Tanh": [6, 13]}.items():
    for opset in opsets:
        case(op, opset, [a(2, 3, 4, 5, low=-5, high=5)])
case("LeakyRelu", 6, [a(2, 3, 4, 5)])
case("LeakyRelu", 16, [a(2, 3, 4, 5)], alpha=0.2)
case("LeakyRelu", 16, [a(7)], alpha=-0.5)
for opset in [7, 9, 16]:
    case("PRelu", opset, [a(2, 3, 4, 5), p(3, 1, 1)])
case("PRelu", 16, [a(2, 3, 4, 5), p(5)])
for opset in [6, 22]:
    case("HardSigmoid", opset, [a(2, 3, 4, 5, low=-5, high=5)])
case("HardSigmoid", 6, [a(9, low=-5, high=5)], alpha=1 / 6, beta=0.4)
for opset in [14, 22]:
    case("HardSwish", opset, [a(2, 3, 4, 5, low=-5, high=5)])
case("Clip", 6, [a(2, 3, 4, 5)], min=-0.5, max=1.0)
case("Clip", 6, [a(2, 3, 4, 5)], max=1.0)
for opset in [11, 12, 13]:
    case("Clip", opset, [a(2, 3, 4, 5), value(-0.5), value(1.0)])
    case("Clip", opset, [a(2, 3, 4, 5), ABSENT, value(1.0)])
case("Clip", 13, [a(9), value(1.0), value(-1.0)])

# Pools
for op in ["MaxPool", "AveragePool"]:
    for opset in [7, 8, 10, 11, 12, 22]:
        if (op, opset) in [("AveragePool", 8), ("AveragePool", 12), ("MaxPool", 7)]:
            continue
        case(op, opset, [a(2, 3, 7, 6)], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    case(op, 11, [a(1, 2, 6, 7)], kernel_shape=[3, 2], strides=[2, 1], pads=[0, 1, 1, 0])
    case(op, 11, [a(1, 2, 7, 7)], kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_UPPER")
    case(op, 11, [a(1, 2, 7, 7)], kernel_shape=[2, 3], strides=[2, 1], auto_pad="SAME_LOWER")
    case(op, 11, [a(1, 2, 6, 8)], kernel_shape=[2, 2], auto_pad="VALID")
    for size in [5, 6, 7, 8]:
        case(op, 12 if op == "MaxPool" else 11, [a(1, 2, size, 6)], kernel_shape=[3, 3],
             strides=[2, 2], ceil_mode=1)
        case(op, 19 if op == "AveragePool" else 12, [a(1, 2, size, 6)], kernel_shape=[3, 3],
             strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)
    case(op, 12 if op == "MaxPool" else 19, [a(1, 2, 9, 8)], kernel_shape=[3, 2], dilations=[2, 3],
         pads=[1, 1, 0, 1])
for size in [5, 6, 7, 8]:
    case("AveragePool", 19, [a(1, 2, size, 6)], kernel_shape=[3, 3], strides=[2, 2],
         pads=[1, 1, 1, 1], ceil_mode=1, count_include_pad=1)
case("AveragePool", 7, [a(1, 2, 6, 7)], kernel_shape=[3, 3], pads=[1, 1, 1, 1],
     count_include_pad=1)
case("AveragePool", 19, [a(1, 2, 9, 8)], kernel_shape=[3, 2], dilations=[2, 3], pads=[1, 1, 0, 1],
     count_include_pad=1)
for op in ["GlobalAveragePool", "GlobalMaxPool"]:
    case(op, 7, [a(2, 3, 5, 4)])
    case(op, 22, [a(1, 5, 3, 7)])

# Reductions and normalisations
for opset in [7, 11, 13]:
    case("ReduceMean", opset, [a(2, 3, 4, 5)], axes=[2, 3])
    case("ReduceMean", opset, [a(2, 3, 4, 5)], axes=[1], keepdims=0)
case("ReduceMean", 13, [a(2, 3, 4, 5)], axes=[-1, -2], keepdims=0)
case("ReduceMean", 13, [a(3, 4)])
case("ReduceMean", 18, [a(2, 3, 4, 5), ints(2, 3)])
case("ReduceMean", 18, [a(2, 3, 4, 5), ints(-1, 1)], keepdims=0)
case("ReduceMean", 18, [a(2, 3, 4, 5)], keepdims=0)
case("ReduceMean", 18, [a(2, 3)], noop_with_empty_axes=1)
for opset in [7, 9, 14, 15]:
    statistics = [p(3), p(3), p(3), p(3, low=0.3, high=2.0)]
    case("BatchNormalization", opset, [a(2, 3, 4, 5)] + statistics, epsilon=0.001)
    case("BatchNormalization", opset, [a(6, 3)] + statistics)
case("LRN", 1, [a(2, 7, 3, 4)], size=5)
case("LRN", 13, [a(2, 7, 3, 4)], size=3, alpha=0.9, beta=0.5, bias=2.0)
case("LRN", 13, [a(1, 4, 3, 4)], size=7, alpha=0.5)
for op in ["Softmax", "LogSoftmax"]:
    for opset in [1, 11, 13]:
        case(op, opset, [a(4, 7, low=-9, high=9)])
        case(op, opset, [a(2, 5, 1, 1)], axis=1)
    case(op, 11, [a(2, 3, 4)], axis=-1)
    case(op, 13, [a(2, 3, 4)], axis=1)
    case(op, 13, [a(2, 3, 4, 5)], axis=1)
    case(op, 13, [a(2, 3, 4)], axis=0)
case("Dropout", 7, [a(3, 5)], ratio=0.3)
case("Dropout", 10, [a(3, 5)])
case("Dropout", 12, [a(3, 5), value(0.25)])
case("Dropout", 13, [a(3, 5), value(0.25)])

# Products
for opset in [1, 11]:
    case("Conv", opset, [a(2, 3, 7, 6), p(4, 3, 3, 3), p(4)], kernel_shape=[3, 3],
         pads=[1, 1, 1, 1])
    case("Conv", opset, [a(1, 4, 7, 6), p(6, 2, 3, 2)], strides=[2, 1], group=2)
case("Conv", 11, [a(1, 5, 7, 6), p(5, 1, 3, 3), p(5)], group=5, pads=[1, 1, 1, 1])
case("Conv", 11, [a(1, 3, 9, 9), p(2, 3, 3, 3)], dilations=[2, 2], pads=[2, 1, 0, 1])
case("Conv", 11, [a(1, 3, 7, 7), p(2, 3, 3, 2)], strides=[2, 2], auto_pad="SAME_UPPER")
case("Conv", 11, [a(1, 3, 7, 7), p(2, 3, 2, 2)], auto_pad="SAME_LOWER")
case("Conv", 22, [a(2, 17, 5, 5), p(19, 17, 1, 1), p(19)])
for opset in [7, 9, 11, 13]:
    case("Gemm", opset, [a(3, 5), p(4, 5), p(4)], transB=1)
    case("Gemm", opset, [a(3, 5), p(5, 4), p(3, 4)], alpha=0.5, beta=2.0)
case("Gemm", 13, [a(5, 3), p(5, 4)], transA=1)
for opset in [1, 9, 13]:
    case("MatMul", opset, [a(3, 5), p(5, 4)])
case("MatMul", 13, [a(2, 3, 5), p(5, 4)])

# Moving data about
for opset in [4, 11, 13]:
    case("Concat", opset, [a(2, 3, 4, 5), a(2, 2, 4, 5)], axis=1)
case("Concat", 13, [a(2, 3), a(2, 3), a(2, 3)], axis=-1)
for opset in [1, 9, 11, 13, 21]:
    case("Flatten", opset, [a(2, 3, 4, 5)])
for opset in [5, 13, 14]:
    case("Reshape", opset, [a(2, 3, 4, 5), ints(2, -1)])
case("Reshape", 13, [a(2, 3, 4, 5), ints(0, 0, 20)])
for opset in [1, 13]:
    case("Transpose", opset, [a(2, 3, 4, 5)], perm=[0, 2, 3, 1])
case("Transpose", 13, [a(3, 4)])
case("Squeeze", 11, [a(2, 5, 1, 1)], axes=[2, 3])
case("Squeeze", 13, [a(2, 5, 1, 1), ints(2, 3)])
case("Unsqueeze", 11, [a(2, 5)], axes=[2, 3])
case("Unsqueeze", 13, [a(2, 5), ints(2, 3)])
case("Identity", 13, [a(2, 3, 4, 5)])
case("Pad", 2, [a(2, 3, 4, 5)], pads=[0, 0, 1, 2, 0, 0, 3, 0])
case("Pad", 11, [a(2, 3, 4, 5), ints(0, 0, 1, 2, 0, 0, 3, 0)])
case("Pad", 13, [a(2, 3, 4, 5), ints(0, 0, 1, 2, 0, 0, 3, 0), value(0.5)])
for opset in [10, 13]:
    case("Slice", opset, [a(2, 6, 4, 5), ints(1, 0), ints(4, 3), ints(1, 2)])
case("Slice", 13, [a(2, 6, 4, 5), ints(0), ints(6), ints(1), ints(2)])

# Functions of one number
for op in ["Exp", "Neg", "Abs", "Erf", "Softplus", "Elu"]:
    case(op, 13, [a(2, 3, 4, 5, low=-5, high=5)])
for op in ["Log", "Sqrt", "Reciprocal"]:
    case(op, 13, [a(2, 3, 4, 5, low=0.25, high=5)])
case("Elu", 6, [a(9, low=-5, high=5)], alpha=0.3)
case("Gelu", 20, [a(2, 3, 4, 5, low=-5, high=5)])
case("Gelu", 20, [a(2, 3, 4, 5, low=-5, high=5)], approximate="tanh")
for opset in [7, 13, 15]:
    case("Pow", opset, [a(2, 3, 4, 5), value(2.0)])
    case("Pow", opset, [a(2, 3, 4, 5, low=0.25, high=5), value(-0.5)])
case("Pow", 13, [a(2, 3, 4, 5), ints(3)])
case("LayerNormalization", 17, [a(2, 3, 4, 5), p(5), p(5)])
case("LayerNormalization", 17, [a(2, 3, 4, 5), p(3, 4, 5)], axis=1, epsilon=0.01)
case("LayerNormalization", 17, [a(2, 7), p(7), p(7)], axis=-1)

case("Split", 11, [a(2, 6, 3, 2)], outputs=2, axis=1, split=[2, 4])
case("Split", 13, [a(2, 6, 3, 2), ints(1, 3, 2)], outputs=3, axis=1)
case("Split", 13, [a(2, 6)], outputs=2, axis=-1)
case("Split", 18, [a(2, 7)], outputs=3, axis=1, num_outputs=3)

for norm in [1, 2]:
    case("LpNormalization", 1, [a(3, 7)], p=norm)
    case("LpNormalization", 13, [a(2, 3, 4, 5)], axis=1, p=norm)
# Rarer activations
for op, opset in [("Selu", 6), ("Celu", 12), ("Mish", 18), ("Softsign", 1), ("ThresholdedRelu", 10)]:
    case(op, opset, [a(2, 3, 4, 5, low=-5, high=5)])
case("Selu", 22, [a(9, low=-5, high=5)], alpha=2.0, gamma=3.0)
case("Celu", 13, [a(9, low=-5, high=5)], alpha=0.5)
case("ThresholdedRelu", 22, [a(9, low=-5, high=5)], alpha=-0.5)
case("Swish", 24, [a(2, 3, 4, 5, low=-5, high=5)], alpha=1.5)
case("Gather", 13, [a(2, 4, 3), ints(3, 0, 1)], axis=1)
case("Pad", 19, [a(2, 3, 4, 5), ints(0, 0, 1, 2, 0, 0, 3, 0)], mode="wrap")
for opset in [6, 22]:
    case("InstanceNormalization", opset, [a(2, 3, 4, 5), p(3), p(3)], epsilon=0.01)
case("InstanceNormalization", 13, [a(2, 3, 7), p(3), p(3)])
case("GroupNormalization", 21, [a(2, 6, 4, 5), p(6), p(6)], num_groups=3)
for op in ["Max", "Min"]:
    for opset in [6, 8, 13]:
        case(op, opset, [a(2, 3, 4, 5), a(2, 3, 4, 5), a(2, 3, 4, 5)])
    case(op, 13, [a(2, 3, 4, 5), p(3, 1, 1)])
    case(op, 13, [a(2, 3, 4, 5), value(0.5)])
for opset in [11, 13]:
    axes = {"axes": [2, 3]} if opset < 13 else {}
    case("ReduceSum", opset, [a(2, 3, 4, 5)] + [ints(2, 3)] * (opset >= 13), **axes)
case("ReduceSum", 13, [a(2, 3, 4, 5)], keepdims=0)
case("ReduceMax", 11, [a(2, 3, 4, 5)], axes=[2, 3])
case("ReduceMax", 13, [a(2, 3, 4, 5)], axes=[1], keepdims=0)
case("ReduceMax", 18, [a(2, 3, 4, 5), ints(-1)])

path = pathlib.Path(__file__).with_name("operators.json")
lines = [json.dumps(entry, separators=(",", ":")) for entry in cases]
path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
print(f"{len(cases)} cases, {path.stat().st_size} bytes, onnx {onnx.__version__}, "
      f"onnxruntime {ort.__version__}")
