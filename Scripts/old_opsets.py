"""Rewrites a network of opset 13 as exporters of opsets 3, 6, 7, 8, 9 and 12 wrote it.

Used by Tests/Fixtures/importers/make_importers.py and by compare-with-onnxruntime --old-opsets.
"""

import copy
import random

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

OPSETS = [3, 6, 7, 8, 9, 12]
ELEMENTWISE = {"Add", "Sub", "Mul", "Div"}
# Operators with the hint `consumed_inputs` before opset 6.
CONSUMING = {"Add", "Sub", "Mul", "Div", "Relu", "LeakyRelu", "Sigmoid", "Tanh", "Elu", "Clip",
             "HardSigmoid", "Sum", "Dropout", "BatchNormalization", "Abs", "Exp", "Sqrt"}


class Unwritable(Exception):
    """The opset has no form for something of the network."""


class Rewriter:
    def __init__(self, model, opset):
        model = shape_inference.infer_shapes(model)
        self.opset = opset
        self.graph = copy.deepcopy(model.graph)
        self.constants = {t.name: numpy_helper.to_array(t) for t in self.graph.initializer}
        for node in self.graph.node:
            if node.op_type == "Constant":
                self.constants[node.output[0]] = numpy_helper.to_array(
                    helper.get_node_attr_value(node, "value"))
        self.shapes = {name: list(value.shape) for name, value in self.constants.items()}
        for info in [*self.graph.input, *self.graph.value_info, *self.graph.output]:
            dims = info.type.tensor_type.shape.dim
            self.shapes[info.name] = [d.dim_value if d.HasField("dim_value") else 0 for d in dims]
        self.nodes = []
        self.readers = {}
        for node in self.graph.node:
            for name in node.input:
                self.readers[name] = self.readers.get(name, 0) + 1

    # Reading

    def rank(self, name):
        return len(self.shapes[name])

    def constant(self, node, index, what):
        if index >= len(node.input) or not node.input[index]:
            return None
        if node.input[index] not in self.constants:
            raise Unwritable(f"{node.op_type} computes its {what}")
        return self.constants[node.input[index]]

    def attribute(self, node, name, default=None):
        for attribute in node.attribute:
            if attribute.name == name:
                return helper.get_attribute_value(attribute)
        return default

    # Writing

    def remove(self, node, *names):
        kept = [a for a in node.attribute if a.name not in names]
        del node.attribute[:]
        node.attribute.extend(kept)

    def set(self, node, name, value):
        self.remove(node, name)
        node.attribute.append(helper.make_attribute(name, value))

    def ints_to_attribute(self, node, index, name):
        values = self.constant(node, index, name)
        del node.input[index:]
        if values is not None:
            self.set(node, name, [int(v) for v in numpy.atleast_1d(values)])

    # Operators

    def rewrite(self, node):
        getattr(self, f"rewrite_{node.op_type}", lambda node: None)(node)
        if node.op_type in ELEMENTWISE and self.opset < 7:
            self.broadcast(node, 1)
        if node.op_type in CONSUMING and self.opset < 6:
            self.set(node, "consumed_inputs", [0] * len(node.input))
            if node.op_type == "BatchNormalization":
                self.set(node, "consumed_inputs", [0, 0, 0, 1, 1])

    def broadcast(self, node, index):
        """Before opset 7 an operand is spread only where the node says so, from an axis on."""
        a, b = node.input
        if a in self.constants and b not in self.constants and node.op_type in ("Add", "Mul"):
            a, b = b, a
            node.input[:] = [a, b]
        if self.shapes[a] == self.shapes[b] and b not in self.constants:
            return
        if b not in self.constants:
            raise Unwritable(f"{node.op_type} spreads a value computed at run time")
        value = self.constants[b]
        self.set(node, "broadcast", 1)
        if value.size == 1:
            self.store(node, index, value.reshape(()))
            return
        padded = [1] * (self.rank(a) - value.ndim) + list(value.shape)
        long = [axis for axis, extent in enumerate(padded) if extent != 1]
        first, last = min(long), max(long)
        self.set(node, "axis", first)
        self.store(node, index, value.reshape(padded[first:last + 1]))

    def store(self, node, index, value):
        name = f"{node.input[index]}_of_{node.output[0]}"
        self.constants[name] = value
        self.graph.initializer.append(numpy_helper.from_array(value, name))
        node.input[index] = name

    def rewrite_Add(self, node):
        # Caffe2 joined residuals by Sum.
        a, b = node.input
        if self.shapes[a] == self.shapes[b] and not {a, b} & set(self.constants):
            node.op_type = "Sum"

    def rewrite_BatchNormalization(self, node):
        self.remove(node, "training_mode")
        if self.opset < 9:
            self.set(node, "spatial", 1)
        if self.opset < 7:
            self.set(node, "is_test", 1)

    def rewrite_Dropout(self, node):
        if self.opset >= 12:
            return
        ratio = self.constant(node, 1, "ratio")
        del node.input[1:]
        self.set(node, "ratio", 0.5 if ratio is None else float(ratio))
        if self.opset < 7:
            self.set(node, "is_test", 1)

    def rewrite_Clip(self, node):
        if self.opset >= 11:
            return
        for index, name in ((1, "min"), (2, "max")):
            value = self.constant(node, index, name)
            if value is not None:
                self.set(node, name, float(value))
        del node.input[1:]

    def rewrite_Pad(self, node):
        if self.opset >= 11:
            return
        value = self.constant(node, 2, "constant_value")
        if value is not None:
            self.set(node, "value", float(value))
        self.ints_to_attribute(node, 1, "pads")

    def rewrite_Slice(self, node):
        if self.opset >= 10:
            return
        steps = self.constant(node, 4, "steps")
        if steps is not None and (steps != 1).any():
            raise Unwritable("Slice takes every n-th element, which came with opset 10")
        for index, name in ((3, "axes"), (2, "ends"), (1, "starts")):
            self.ints_to_attribute(node, index, name)

    def rewrite_Squeeze(self, node):
        self.ints_to_attribute(node, 1, "axes")

    def rewrite_Unsqueeze(self, node):
        self.ints_to_attribute(node, 1, "axes")

    def rewrite_Reshape(self, node):
        self.remove(node, "allowzero")
        if self.opset < 5:
            self.ints_to_attribute(node, 1, "shape")

    def rewrite_Concat(self, node):
        if self.opset < 4 and self.attribute(node, "axis") == 1:
            self.remove(node, "axis")  # the default then

    def rewrite_Softmax(self, node):
        rank = self.rank(node.input[0])
        axis = self.attribute(node, "axis", -1) % rank
        if any(extent != 1 for extent in self.shapes[node.input[0]][axis + 1:]):
            raise Unwritable("Softmax of one axis in the middle")
        self.remove(node, "axis")
        if axis != 1:
            self.set(node, "axis", axis)

    rewrite_LogSoftmax = rewrite_Softmax

    def rewrite_Gemm(self, node):
        if self.opset < 7 and len(node.input) == 3:
            self.set(node, "broadcast", 1)
        if self.opset < 11 and len(node.input) == 2:
            self.store_zero_bias(node)

    def store_zero_bias(self, node):
        name = f"{node.output[0]}.bias"
        width = self.constants[node.input[1]].shape[0 if self.attribute(node, "transB", 0) else 1]
        self.constants[name] = numpy.zeros(width, numpy.float32)
        self.graph.initializer.append(numpy_helper.from_array(self.constants[name], name))
        node.input.append(name)

    def rewrite_MaxPool(self, node):
        if self.opset >= 10:
            return
        if self.attribute(node, "ceil_mode", 0):
            self.pad_for_ceil_mode(node)
        if any(d != 1 for d in self.attribute(node, "dilations", [])):
            raise Unwritable("MaxPool with dilations")
        self.remove(node, "ceil_mode", "dilations")

    def pad_for_ceil_mode(self, node):
        pads = list(self.attribute(node, "pads", [0, 0, 0, 0]))
        strides = self.attribute(node, "strides", [1, 1])
        kernel = self.attribute(node, "kernel_shape")
        for axis in (0, 1):
            extent, made = (self.shapes[name][2 + axis] for name in (node.input[0], node.output[0]))
            needed = (made - 1) * strides[axis] + kernel[axis] - extent - pads[axis]
            pads[2 + axis] = max(pads[2 + axis], needed)
        self.set(node, "pads", pads)

    def rewrite_AveragePool(self, node):
        if self.opset >= 10:
            return
        if self.attribute(node, "ceil_mode", 0):
            raise Unwritable("AveragePool with ceil_mode, which came with opset 10")
        self.remove(node, "ceil_mode")
        if self.opset < 7:
            if self.attribute(node, "count_include_pad", 0) and any(self.attribute(node, "pads", [])):
                raise Unwritable("AveragePool that counts pads, which came with opset 7")
            self.remove(node, "count_include_pad")

    def rewrite_HardSwish(self, node):
        """Came with opset 14."""
        gate = f"{node.output[0]}.gate"
        self.shapes[gate] = self.shapes[node.input[0]]
        self.nodes.append(helper.make_node(
            "HardSigmoid", [node.input[0]], [gate], name=gate, alpha=1 / 6, beta=0.5))
        node.op_type = "Mul"
        node.input.append(gate)

    def rewrite_Cast(self, node):
        if self.opset < 6:
            kind = TensorProto.DataType.Name(self.attribute(node, "to"))
            self.set(node, "to", kind)

    # The whole

    def model(self, seed):
        for node in list(self.graph.node):
            self.rewrite(node)
            self.nodes.append(node)
        del self.graph.node[:], self.graph.value_info[:]
        self.graph.node.extend(self.nodes)
        read = {name for node in self.nodes for name in node.input}
        kept = [t for t in self.graph.initializer if t.name in read]
        del self.graph.initializer[:]
        self.graph.initializer.extend(kept)
        if self.opset < 9:  # IR 3: weights are inputs, and nobody says in which order
            inputs = [*self.graph.input] + [
                helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in kept]
            random.Random(seed).shuffle(inputs)
            del self.graph.input[:]
            self.graph.input.extend(inputs)
        ir = {12: 7, 9: 4}.get(self.opset, 3)
        model = helper.make_model(
            self.graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=ir,
            producer_name="old_opsets")
        onnx.checker.check_model(model)
        return model


def with_dropout(model):
    """A Dropout, as training leaves them, before the last node that has weights."""
    model = copy.deepcopy(model)
    weights = {t.name for t in model.graph.initializer}
    place = max(i for i, n in enumerate(model.graph.node)
                if n.op_type in ("Conv", "Gemm") and n.input[1] in weights)
    node = model.graph.node[place]
    model.graph.initializer.append(
        numpy_helper.from_array(numpy.array(0.4, numpy.float32), "dropout.ratio"))
    dropout = helper.make_node(
        "Dropout", [node.input[0], "dropout.ratio"], ["dropout"], name="dropout")
    node.input[0] = "dropout"
    nodes = [*model.graph.node[:place], dropout, *model.graph.node[place:]]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def rewritten(model, opset, seed=1):
    """The network of opset 13 in the form of an older opset.

    Raises Unwritable where that opset has no form for it.
    """
    return Rewriter(model, opset).model(seed)
