"""The forward pass in each engine: a function from an array [N, 3, H, W] to logits.

Imports happen inside, so that a program pays only for the engine that it uses.
"""

import os


def pytorch(name, models, threads, batch):
    """Eager, channels last."""
    import torch

    from networks import network

    torch.set_num_threads(threads)
    path = os.path.join(models, f"{name}.pt")
    if os.path.exists(path):
        # The quickest way to start: no random weights, and those of the file are mapped.
        model = network(name, device="meta")
        model.load_state_dict(torch.load(path, mmap=True, weights_only=True), assign=True)
    else:
        model = network(name)
    model = model.to(memory_format=torch.channels_last)

    def run(x):
        with torch.inference_mode():
            return model(torch.from_numpy(x).contiguous(memory_format=torch.channels_last)).numpy()

    return run, torch.__version__


def onnxruntime(name, models, threads, batch):
    import onnxruntime as engine

    options = engine.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = engine.InferenceSession(
        os.path.join(models, f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"input": x})[0], engine.__version__


def fix_batch(model, batch):
    """OpenVINO is quicker where it knows the batch."""
    shape = model.input(0).partial_shape
    shape[0] = batch
    model.reshape(shape)


def openvino(name, models, threads, batch):
    """Optimised for latency, float32, whatever else the processor has."""
    import openvino as engine

    core = engine.Core()
    model = core.read_model(os.path.join(models, f"{name}.onnx"))
    if batch:
        fix_batch(model, batch)
    compiled = core.compile_model(model, "CPU", {
        "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    return (lambda x: request.infer({0: x}, share_inputs=True)[0]), engine.__version__.split("-")[0]


def openvino_throughput(name, models, threads, batch):
    """As many requests at a time as OpenVINO finds best; a call takes as many batches."""
    import openvino as engine

    core = engine.Core()
    model = core.read_model(os.path.join(models, f"{name}.onnx"))
    fix_batch(model, batch)
    compiled = core.compile_model(model, "CPU", {
        "PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32"})
    queue = engine.AsyncInferQueue(compiled, 0)

    def run(x):
        for _ in range(len(queue)):
            queue.start_async({0: x}, share_inputs=True)
        queue.wait_all()

    run.calls = len(queue)
    return run, engine.__version__.split("-")[0]


def ncnn(name, models, threads, batch):
    """Takes one image at a time; float32, with its Winograd convolutions."""
    import ncnn as engine

    net = engine.Net()
    net.opt.num_threads = threads
    net.opt.use_winograd_convolution = net.opt.use_packing_layout = True
    for flag in ("fp16_storage", "fp16_arithmetic", "fp16_packed", "bf16_storage"):
        setattr(net.opt, f"use_{flag}", False)
    base = os.path.join(models, f"{name}.ncnn")
    net.load_param(f"{base}.param")
    net.load_model(f"{base}.bin")
    first, last = net.input_names()[0], net.output_names()[0]

    def run(x):
        for image in x:
            with net.create_extractor() as extractor:
                extractor.input(first, engine.Mat(image))
                extractor.extract(last)

    return run, engine.__version__


def opencv(name, models, threads, batch):
    import cv2 as engine

    engine.setNumThreads(threads)
    net = engine.dnn.readNetFromONNX(os.path.join(models, f"{name}.onnx"))

    def run(x):
        net.setInput(x)
        return net.forward()

    return run, engine.__version__


def tensorflow(name, models, threads, batch):
    """The network of keras.applications, compiled by tf.function; images channels last, as it wants them."""
    import keras
    import tensorflow as engine

    engine.config.threading.set_intra_op_parallelism_threads(threads)
    engine.config.threading.set_inter_op_parallelism_threads(1)
    kinds = {"vgg16": "VGG16", "resnet50": "ResNet50", "mobilenet_v2": "MobileNetV2",
             "inception_v3": "InceptionV3"}
    model = getattr(keras.applications, kinds[name])(weights=None)
    call = engine.function(lambda x: model(x, training=False))
    return lambda x: call(x).numpy(), engine.__version__


ENGINES = {
    "pytorch": pytorch, "onnxruntime": onnxruntime, "openvino": openvino,
    "openvino-throughput": openvino_throughput, "ncnn": ncnn, "opencv": opencv,
    "tensorflow": tensorflow,
}
