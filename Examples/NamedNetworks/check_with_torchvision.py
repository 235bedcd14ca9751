"""Networks that NamedNetworks wrote, against torchvision's with the same weights.

    swift run -c release NamedNetworks resnet18 --output resnet18.onnx
    python3 check_with_torchvision.py resnet18.onnx ...

Weights have torchvision's names, so its network takes them as they are. Its answers in Double are the
measure; ONNX Runtime computes the file. Prints the largest difference by the size of the answers.
"""

import pathlib
import sys

import numpy
import onnx
import onnxruntime
import torch
import torchvision

for path in map(pathlib.Path, sys.argv[1:]):
    file = onnx.load(path)
    onnx.checker.check_model(file)
    weights = {w.name: torch.tensor(onnx.numpy_helper.to_array(w)) for w in file.graph.initializer}
    name = path.stem.replace("-", "_")
    classes = file.graph.output[0].type.tensor_type.shape.dim[1].dim_value
    extra = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    model = getattr(torchvision.models, name)(num_classes=classes, **extra)
    wanted = {k for k in model.state_dict() if not k.endswith("num_batches_tracked")}
    model.load_state_dict({k: weights[k] for k in wanted}, strict=False)
    model = model.eval().double()

    side = file.graph.input[0].type.tensor_type.shape.dim[2].dim_value
    x = numpy.random.default_rng(1).standard_normal((2, 3, side, side)).astype(numpy.float32)
    with torch.no_grad():
        expected = model(torch.tensor(x).double()).numpy()
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(None, {"input": x})[0]
    count = sum(weights[k].numel() for k, _ in model.named_parameters())
    print(
        f"{name}: {count} parameters, "
        f"difference {abs(found - expected).max() / abs(expected).max():.1e}"
    )
