#!/usr/bin/env python3
"""Writes the .onnx files in this folder: the same six weights in every field that ONNX allows.

    pip install onnx numpy
    python3 make_fixtures.py

Made with onnx 1.23.2. Each model is Y = X + w, w = [[-1, 0, 0.5], [1, 2, 3]] of the type in the
file's name (for integers and bool see below), and passes onnx.checker.
"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper

here = pathlib.Path(__file__).resolve().parent
VALUES = [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0]
SHAPE = [2, 3]


def save(name, tensors, nodes=None, element=TensorProto.FLOAT, **kwargs):
    x = helper.make_tensor_value_info("x", element, ["batch", 3])
    y = helper.make_tensor_value_info("y", element, [None, 3])
    nodes = nodes or [helper.make_node("Add", ["x", "w"], ["y"], name="add")]
    graph = helper.make_graph(nodes, "fixture", [x], [y], initializer=tensors)
    model = helper.make_model(
        graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)], producer_name="fixtures")
    helper.set_model_props(model, {"graft.labels": '["a","b"]'})
    onnx.save(model, here / f"{name}.onnx", **kwargs)
    onnx.checker.check_model(str(here / f"{name}.onnx"))


def typed(data_type, values):
    return helper.make_tensor("w", data_type, SHAPE, values)


raw = onnx.numpy_helper.from_array(np.array(VALUES, "<f4").reshape(SHAPE), "w")
save("raw", [raw])
save("float_data", [typed(TensorProto.FLOAT, VALUES)])
save("double_data", [typed(TensorProto.DOUBLE, VALUES)], element=TensorProto.DOUBLE)
save("float16_data", [typed(TensorProto.FLOAT16, VALUES)], element=TensorProto.FLOAT16)
save("bfloat16_data", [typed(TensorProto.BFLOAT16, VALUES)], element=TensorProto.BFLOAT16)
integers = [-1, 0, 7, 1, 2, 3]
naturals = [1, 0, 7, 1, 2, 3]
for kind, values in [("int8", integers), ("int16", integers), ("int32", integers),
                     ("int64", integers), ("uint8", naturals), ("uint16", naturals),
                     ("uint32", naturals), ("uint64", naturals)]:
    data_type = getattr(TensorProto, kind.upper())
    save(f"{kind}_data", [typed(data_type, values)], element=data_type)
constant = helper.make_node("Constant", [], ["w"], name="constant", value=raw)
save("constant", [], nodes=[constant, helper.make_node("Add", ["x", "w"], ["y"], name="add")])
save("external", [raw], save_as_external_data=True, location="external.bin", size_threshold=0)
