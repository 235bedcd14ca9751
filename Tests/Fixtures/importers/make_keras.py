"""Makes the networks keras-*.onnx of this folder, and records what ONNX Runtime answers on them.

    pip install tensorflow-cpu tf2onnx onnx onnxruntime     # 2.21, 1.17, 1.23, 1.32
    python Tests/Fixtures/importers/make_keras.py

Small networks in Keras's words through tf2onnx: SAME padding, which at stride 2 pads one side only,
inputs [N, H, W, 3] with a Transpose behind, or [N, 3, H, W] (`nchw`). Weights are seeded and random.
`answers.json` keeps what make_importers.py recorded.
"""

import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import numpy  # noqa: E402
import onnx  # noqa: E402
import onnxruntime  # noqa: E402
import tensorflow  # noqa: E402
import tf2onnx  # noqa: E402
from keras import layers  # noqa: E402

folder = pathlib.Path(__file__).parent
SIZE = 16
CLASSES = 10


def images(count, seed=7):
    """What Swift's `SeededGenerator(seed)` gives as `2 * uniform() - 1`, [N, 3, H, W]: SplitMix64."""
    mask = (1 << 64) - 1
    state, values = seed, []
    for _ in range(count * 3 * SIZE * SIZE):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        z ^= z >> 31
        values.append(2 * ((z >> 40) * 2.0**-24) - 1)
    return numpy.array(values, numpy.float32).reshape(count, 3, SIZE, SIZE)


def depthwise(x):
    """As MobileNetV2: expansion, depthwise convolution, projection, residual."""
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    short = x
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    x = layers.Conv2D(8, 1, use_bias=False)(x)
    x = layers.Add()([short, layers.BatchNormalization()(x)])
    x = layers.DepthwiseConv2D(5, strides=2, padding="same")(x)
    x = layers.SeparableConv2D(12, 3, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dense(CLASSES, activation="softmax")(layers.Dropout(0.2)(x))


def flatten(x):
    """As VGG: Flatten of an image, whose elements lie channels last."""
    x = layers.Conv2D(6, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    return layers.Dense(CLASSES)(x)


def rescaled(x):
    """As EfficientNet: arithmetic on the photo before the first convolution, squeeze and excite."""
    x = layers.Rescaling(1 / 2, offset=0.25)(x)
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = layers.Conv2D(8, 3, strides=2, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("swish")(x)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Conv2D(4, 1, activation="relu")(gate)
    gate = layers.Conv2D(8, 1, activation="sigmoid")(gate)
    x = layers.Multiply()([x, gate])
    x = layers.AveragePooling2D(3, strides=2, padding="same")(x)
    x = layers.Conv2D(12, 1)(x)
    x = layers.LeakyReLU(negative_slope=0.1)(x)
    x = layers.Concatenate()([x, x * 2.0])
    return layers.Dense(CLASSES)(layers.GlobalMaxPooling2D()(x))


def last(x):
    """As ConvNeXt: normalisation along the channels of each pixel."""
    x = layers.Conv2D(8, 4, strides=4)(x)
    short = x = layers.LayerNormalization(epsilon=1e-6)(x)
    x = layers.DepthwiseConv2D(7, padding="same")(x)
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    x = layers.Conv2D(16, 1, activation="swish")(x)
    x = layers.Add()([short, layers.Conv2D(8, 1)(x)])
    x = layers.LayerNormalization(epsilon=1e-6)(layers.GlobalAveragePooling2D()(x))
    return layers.Dense(CLASSES)(x)


def shake(model, random):
    """Statistics, scales and biases that are not 0 and 1."""
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([
                random.uniform(low, high, w.shape).astype(numpy.float32)
                for w, (low, high) in zip(
                    layer.get_weights(), ((0.5, 1.5), (-0.3, 0.3), (-0.2, 0.2), (0.5, 1.5)))])
        elif getattr(layer, "use_bias", False):
            *others, bias = layer.get_weights()
            layer.set_weights(
                [*others, random.uniform(-0.3, 0.3, bias.shape).astype(numpy.float32)])


def export(name, network, opset, nchw):
    keras.utils.set_random_seed(1)
    source = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(source, network(source))
    shake(model, numpy.random.default_rng(1))
    signature = (tensorflow.TensorSpec((None, SIZE, SIZE, 3), tensorflow.float32, name="input"),)
    function = tensorflow.function(lambda x: model(x, training=False), input_signature=signature)
    exported, _ = tf2onnx.convert.from_function(
        function, input_signature=signature, opset=opset, inputs_as_nchw=["input"] if nchw else None)
    onnx.save(exported, folder / f"{name}.onnx")
    print(name, sorted({node.op_type for node in exported.graph.node}))
    x = images(2)
    rows = onnxruntime.InferenceSession(exported.SerializeToString()).run(
        None, {"input": x if nchw else x.transpose(0, 2, 3, 1)})[0]
    return {"answers": [[float(f"{v:.9g}") for v in row] for row in rows.tolist()]}


if __name__ == "__main__":
    path = folder / "answers.json"
    recorded = json.loads(path.read_text()) if path.exists() else {}
    recorded = {name: rows for name, rows in recorded.items() if not name.startswith("keras")}
    for name, network, opset, nchw in (
            ("keras-depthwise-opset13", depthwise, 13, False),
            ("keras-depthwise-nchw-opset17", depthwise, 17, True),
            ("keras-flatten-opset11", flatten, 11, False),
            ("keras-last-opset17", last, 17, False),
            ("keras-rescaled-opset15", rescaled, 15, False)):
        recorded[name] = export(name, network, opset, nchw)
    lines = [f" {json.dumps(n)}: {json.dumps(rows)}" for n, rows in sorted(recorded.items())]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
