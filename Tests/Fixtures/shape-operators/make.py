"""Records what ONNX Runtime computes for operators that move data about.

    python make.py > recorded.json        (onnx 1.17 or later, onnxruntime, numpy)

Every case is one node; the floats of its input are 0, 1, 2, ... so that each output element says
where it came from.
"""
import json

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

BIG = 2**63 - 1


def ints(*values):
    return np.array(values, np.int64)


CASES = [
    ("Slice", 13, [2, 5, 4], [ints(-4, 3), ints(BIG, -BIG), ints(1, 2), ints(2, -1)], {}),
    ("Slice", 13, [2, 5], [ints(9), ints(-9), ints(-1), ints(-2)], {}),
    ("Slice", 9, [2, 5, 3], [], {"starts": [1, -2], "ends": [100, -1], "axes": [1, 2]}),
    ("Pad", 13, [1, 2, 3, 4], [ints(0, 0, 1, 2, 0, 0, 0, 3)], {"mode": "reflect"}),
    ("Pad", 13, [1, 2, 3, 4], [ints(0, 1, 1, 2, 0, 0, 0, 3)], {"mode": "edge"}),
    ("Pad", 13, [1, 2, 3, 4], [ints(0, 0, -1, 2, 0, 1, 0, -1), np.float32(0.5)], {}),
    ("Pad", 18, [1, 2, 3, 4], [ints(1, 0, 2, 1), None, ints(-1, 2)], {}),
    ("Pad", 2, [1, 3, 2], [], {"pads": [0, 1, 0, 0, 0, 2], "value": 2.5, "mode": "constant"}),
    ("Gather", 13, [2, 3, 2], [ints(2, -3, 2)], {"axis": 1}),
    ("Gather", 13, [2, 3, 2], [np.array(-1, np.int64)], {"axis": 1}),
    ("Transpose", 13, [2, 3, 2, 2], [], {"perm": [3, 1, 0, 2]}),
    ("Transpose", 13, [2, 3, 2], [], {}),
    ("Flatten", 13, [2, 3, 2, 2], [], {"axis": -1}),
    ("Reshape", 13, [2, 3, 4], [ints(0, 2, -1)], {}),
    ("Squeeze", 13, [2, 1, 3, 1], [ints(-1, 1)], {}),
    ("Squeeze", 11, [2, 1, 3, 1], [], {"axes": [3]}),
    ("Unsqueeze", 13, [2, 3], [ints(-1, 1)], {}),
    ("Identity", 16, [2, 3], [], {}),
    ("Cast", 13, [2, 3], [], {"to": TensorProto.FLOAT}),
]


def record(op, opset, shape, constants, attributes):
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    names = ["x"] + ["" if c is None else f"c{i}" for i, c in enumerate(constants)]
    node = helper.make_node(op, names, ["y"], **attributes)
    graph = helper.make_graph(
        [node], op, [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(c), f"c{i}")
         for i, c in enumerate(constants) if c is not None])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"])
    (y,) = session.run(None, {"x": x})
    return {
        "op": op, "opset": opset, "shape": shape,
        "constants": [constant(c) for c in constants],
        "attributes": {k: attribute(v) for k, v in attributes.items()},
        "outputShape": list(y.shape), "output": [float(v) for v in y.ravel()],
    }


def constant(c):
    if c is None:
        return {}
    c = np.asarray(c)
    kind = "ints" if c.dtype == np.int64 else "floats"
    return {"dimensions": list(c.shape), kind: c.ravel().tolist()}


def attribute(v):
    return {list: "ints", int: "int", float: "float", str: "string"}[type(v)], v


cases = [record(*case) for case in CASES]
for case in cases:
    case["attributes"] = {k: {kind: v} for k, (kind, v) in case["attributes"].items()}
print('{"onnxruntime": "%s", "onnx": "%s", "cases": [' % (
    onnxruntime.__version__, onnx.__version__))
print(",\n".join("  " + json.dumps(case) for case in cases))
print("]}")
