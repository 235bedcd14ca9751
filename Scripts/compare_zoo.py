"""The ONNX zoo's own networks, in graft and in ONNX Runtime.

Called by compare-with-onnxruntime --zoo, which says how to use it. The files are the nine "light"
models that the package onnx carries: the zoo's real graphs, of Caffe2's time, with one number for all
weights. What a network showed is kept in a file of its own, as by --families.
"""

import contextlib
import json
import os
import pathlib
import tempfile
import zlib

import numpy
import onnx
import onnx.reference
import onnxruntime
from onnx import helper, numpy_helper

import compare_keras
import old_opsets
from compare_families import (
    LIMIT, PHOTOS, RATE, check_step, check_use, difference, images, is_right, is_used_rightly,
    run_onnxruntime)
from compare_with_onnxruntime import SEED, run_graft

NETWORKS = [
    "bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet",
    "squeezenet", "vgg19", "zfnet512",
]
OPSETS = [3, 12]
SIDE = 224
# Of the answer that lies beside the file, as a share of its largest.
EXPECTED_LIMIT = 1e-5


# ---- files


def light():
    """The folder of the files: $GRAFT_DATA/light, else the same in the package onnx."""
    data = os.environ.get("GRAFT_DATA")
    folder = pathlib.Path(data) if data else pathlib.Path(onnx.__file__).parent / "backend/test/data"
    return folder / "light"


def source(name):
    return light() / f"light_{name}.onnx"


def roles(graph):
    """What each constant is to the node that uses it, and how many products a sum of it has."""
    makers = {output: node for node in graph.node for output in node.output}
    constants = {t.name for t in graph.initializer}

    def root(name):
        """The constant that lies behind a Reshape or Unsqueeze of it."""
        while name in makers and makers[name].op_type in ("Reshape", "Unsqueeze"):
            name = makers[name].input[0]
        made = name in makers and makers[name].op_type == "ConstantOfShape"
        return name if made or name in constants else None

    places = {
        "Conv": [None, "weight", "bias"], "Gemm": [None, "weight", "bias"],
        "BatchNormalization": [None, "scale", "bias", "bias", "scale"],
        "Mul": ["scale", "scale"], "Add": ["bias", "bias"]}
    found = {}
    for node in graph.node:
        for name, role in zip(node.input, places.get(node.op_type, [])):
            if role and root(name):
                found[root(name)] = (role, node)
    return found


def drawn(name, shape, role, node):
    """Seeded numbers of a constant: He's for weights, about 1 for scales and variances, about 0 for
    biases and means."""
    random = numpy.random.default_rng([SEED, zlib.crc32(name.encode())])
    if role == "scale":
        values = random.uniform(0.75, 1.25, shape)
    elif role == "bias":
        values = 0.1 * random.standard_normal(shape)
    else:
        if node.op_type == "Gemm":  # Caffe2's have shapes such as [1, 1, 1000, 1024]
            if helper.get_node_attr_value(node, "transB") != 1:
                raise RuntimeError(f"Gemm reads {name} along its first axis")
            terms = shape[-1]
        else:
            terms = int(numpy.prod(shape[1:]))
        values = (2 / terms) ** 0.5 * random.standard_normal(shape)
    return numpy_helper.from_array(values.astype(numpy.float32), name)


def with_weights(model):
    """The network with weights in the file, as the zoo has it: initializers that are inputs too."""
    graph, used = model.graph, roles(model.graph)
    constants = {t.name: t for t in graph.initializer}
    shapes = {t.name: list(t.dims) for t in graph.initializer if t.name in used}
    nodes, sizes = [], set()
    for node in graph.node:
        if node.op_type == "ConstantOfShape":
            if node.output[0] not in used:
                raise RuntimeError(f"nothing says what {node.output[0]} is")
            sizes.add(node.input[0])
            shapes[node.output[0]] = numpy_helper.to_array(constants[node.input[0]]).tolist()
        else:
            nodes.append(node)
    weights = [drawn(name, shape, *used[name]) for name, shape in shapes.items()]
    kept = [t for t in graph.initializer if t.name not in shapes.keys() | sizes]
    inputs = [i for i in graph.input if i.name not in shapes.keys() | sizes]
    inputs += [helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in weights]
    result = helper.make_model(
        helper.make_graph(nodes, graph.name, inputs, list(graph.output), [*kept, *weights]),
        opset_imports=model.opset_import, ir_version=model.ir_version)
    onnx.checker.check_model(result)
    return result


def without_softmax(model):
    """Scores in place of probabilities, which random weights may make ones and zeros."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    last = result.graph.node[-1]
    if last.op_type == "Softmax":
        result.graph.output[0].name = last.input[0]
        del result.graph.node[-1]
    return result


# ---- import


def apart(found, expected):
    return float(numpy.abs(found - expected).max() / numpy.abs(expected).max())


def check_expected(graft, name, folder):
    """How far graft and ONNX Runtime are from the answer that lies beside the file."""
    proto = onnx.TensorProto()
    proto.ParseFromString((light() / f"light_{name}_output_0.pb").read_bytes())
    expected = numpy_helper.to_array(proto)
    count = 3 * SIDE * SIDE
    image = (numpy.arange(count) / count).astype(numpy.float32).reshape(1, 3, SIDE, SIDE)
    own = run_graft(graft, source(name), image, "fast", folder).reshape(expected.shape)
    other = run_onnxruntime(source(name), image)
    return {"graft": apart(own, expected), "onnxruntime": apart(other, expected)}


def in_float64(model, image):
    """The answers in float64, by onnx's own reference."""
    wide = onnx.ModelProto()
    wide.CopyFrom(model)
    for tensor in wide.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            values = numpy_helper.to_array(tensor).astype(numpy.float64)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    for value in [*wide.graph.input, *wide.graph.output]:
        if value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
            value.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    evaluator = onnx.reference.ReferenceEvaluator(wide)
    name = image_input(wide)
    rows = [evaluator.run(None, {name: photo[None].astype(numpy.float64)})[0] for photo in image]
    return numpy.concatenate(rows)


def image_input(model):
    constants = {t.name for t in model.graph.initializer}
    return next(i.name for i in model.graph.input if i.name not in constants)


def folded(model):
    """Without the Reshapes and Unsqueezes of weights, which lay behind opset 3's `broadcast`."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    constants = {t.name: t for t in result.graph.initializer}
    nodes = []
    for node in result.graph.node:
        if node.op_type not in ("Reshape", "Unsqueeze") or node.input[0] not in constants:
            nodes.append(node)
            continue
        inputs = [numpy_helper.to_array(constants[i]) for i in node.input]
        graph = helper.make_graph(
            [node], "fold", [], [helper.make_empty_tensor_value_info(node.output[0])],
            [constants[i] for i in node.input])
        alone = helper.make_model(graph, opset_imports=result.opset_import)
        value, = onnx.reference.ReferenceEvaluator(alone).run(None, {})
        assert value.size == inputs[0].size
        constants[node.output[0]] = numpy_helper.from_array(value, node.output[0])
        result.graph.initializer.append(constants[node.output[0]])
    del result.graph.node[:]
    result.graph.node.extend(nodes)
    return result


def in_opset(model, opset):
    """As exporters of another opset wrote it; nothing but the image is an input."""
    image = image_input(model)
    plain = onnx.ModelProto()
    plain.CopyFrom(folded(model))
    kept = [i for i in plain.graph.input if i.name == image]
    read = {name for node in plain.graph.node for name in node.input}
    tensors = [t for t in plain.graph.initializer if t.name in read]
    del plain.graph.input[:], plain.graph.initializer[:]
    plain.graph.input.extend(kept)
    plain.graph.initializer.extend(tensors)
    plain.ir_version = 7
    return old_opsets.rewritten(onnx.version_converter.convert_version(plain, 13), opset)


# ---- one network


def examine(graft, name):
    """All that is shown of a network, as it is kept."""
    result = {"name": name, "onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__,
              "forms": []}
    image = images(name)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with refusing(result, "expected output", folder):
            result["expected"] = check_expected(graft, name, folder)
        model = with_weights(onnx.load(source(name)))
        bare = without_softmax(model)
        path = folder / f"{name}.onnx"
        onnx.save(bare, path)
        answers = run_onnxruntime(path, image)
        result["depends"] = apart(answers[0], answers[1])
        with refusing(result, "training", folder):
            result["step"] = check_step(graft, path, image, folder)
        imports(graft, result, bare, path, image, answers, folder)
        onnx.save(model, path)
        with refusing(result, "use", folder):
            result["use"] = check_use(graft, path, SIDE, folder)
    return result


@contextlib.contextmanager
def refusing(result, stage, folder):
    """An error is kept as a reason; what comes next is examined all the same."""
    try:
        yield
    except Exception as error:  # of many kinds, onnx's too
        lines = str(error).strip().splitlines() or [type(error).__name__]
        result.setdefault("refused", []).append(f"{stage}: {lines[0]}".replace(f"{folder}/", ""))


def imports(graft, result, bare, path, image, expected, folder):
    """The differences of the file's own form and of others. All from ONNX Runtime's answers for its
    own form: ONNX Runtime does not read opset 3."""
    own = bare.opset_import[0].version
    for opset in [own, *OPSETS]:
        entry = {"opset": opset}
        result["forms"].append(entry)
        with refusing(entry, "import", folder):
            try:
                form = bare if opset == own else in_opset(bare, opset)
            except old_opsets.Unwritable as error:
                entry["unwritable"] = str(error)
                continue
            onnx.save(form, path)
            entry |= difference(
                graft, lambda: in_float64(bare, image), path, image, folder, expected)


def problems(result):
    """What is refused or beyond the limits."""
    name = result["name"]
    for line in result.get("refused", []):
        yield f"{name}: {line}"
    expected = result.get("expected")
    if expected and not expected["graft"] <= EXPECTED_LIMIT:
        yield (f"{name}: {expected['graft']:.1e} from the expected output; ONNX Runtime is "
               f"{expected['onnxruntime']:.1e} from it")
    for entry in result["forms"]:
        place = f"{name}, opset {entry['opset']}"
        for line in entry.get("refused", []):
            yield f"{place}: {line}"
        if not is_right(entry) and "apart" in entry:
            yield (f"{place}: {entry['apart']:.1e} from ONNX Runtime, {entry['exact']:.1e} with "
                   f"--exact; ONNX Runtime is {entry['onnxruntime']:.1e} from float64")
    use = result.get("use")
    if use and not is_used_rightly(use):
        yield f"{name}: the exported file's answers differ: {use}"


def notes(result):
    """Forms that an opset has no way to write."""
    for entry in result["forms"]:
        if "unwritable" in entry:
            yield f"{result['name']} has no form in opset {entry['opset']}: {entry['unwritable']}."


# ---- the table

HEADER = ["network", "expected output", "images apart", "opset 9",
          *(f"opset {o}" for o in OPSETS), "train step", "export in ORT", "float16", "classify"]


def import_cell(entry):
    if "unwritable" in entry:
        return "-"
    if "apart" not in entry:
        return "**no**"
    cell = f"{entry['apart']:.0e}"
    if "exact" in entry:
        cell += f" (exact {entry['exact']:.0e}, ORT {entry['onnxruntime']:.0e})"
    return cell


def row(result):
    expected = result.get("expected")
    cells = ["**no**"] * 2
    if expected:
        met = "met" if expected["graft"] <= EXPECTED_LIMIT else "**not met**"
        cells[0] = f"{met}, {expected['graft']:.0e} (ORT {expected['onnxruntime']:.0e})"
    if "depends" in result:
        cells[1] = f"{result['depends']:.0%}"
    forms = [import_cell(entry) for entry in result["forms"]]
    cells += forms + ["**no**"] * (1 + len(OPSETS) - len(forms))
    use = result.get("use")
    cells += ["{learning}; {half}, {frozen}".format(**result["step"]) if "step" in result
              else "**no**"]
    cells += ([f"{use['export']:.0e}", "{share:.0%}, {half:.0e}, {rounding:.0e}".format(**use),
               "{same}/{photos}, {classify:.0e}".format(**use)] if use else ["**no**"] * 3)
    return [result["name"], *cells]


EXPLANATION = """\
- **Expected output**: the files as they are, on the input of onnx's own test (element i of n is
  i / n), against the output that lies beside each, as a share of its largest number: graft, limit
  {expected:.0e}, and ONNX Runtime. It says that the file is read, and little more: with equal weights
  the expected output is one number for all classes, 0.001 for each network that ends in a Softmax.
  Therefore what follows is with seeded random weights in place of the equal ones, as initializers
  that are inputs too, which is how the zoo's full files have them: He's weights, scales and variances
  between 0.75 and 1.25.
- **Images apart**: how far apart the answers for two images are, as a share of the largest. Small
  numbers would say that the next columns compare little but a bias.
- **Opset 9**, the files' own: the largest difference between graft's answers and ONNX Runtime's for
  two images, as a share of the largest difference between the answers for one and the other. Without
  the last Softmax, which random weights can saturate. Limit {limit:.0e}; beyond it the same follows for
  `--exact`, without Winograd's rounding, and what ONNX Runtime itself is from onnx's reference in
  float64, of which twice is allowed. **Opset 3** and **12**: the same after the network was rewritten
  to that opset by `Scripts/old_opsets.py`, against ONNX Runtime on the form of opset 9, for it does
  not read opset 3.
- **Train step**, without the Softmax too, for the loss has one: tensors that one step changed
  when the whole network learned; then those when
  everything up to its middle layer was frozen, and those that were frozen. Every tensor that learns
  has changed, no other has changed a bit, and every weight, bias and scale of a convolution, fully
  connected layer or normalisation is among them, unless frozen. The rate is {rate:.0e}, for the question
  is whether a gradient arrives.
- **Export in ORT**, from here on with the Softmax: a head for two classes trained by
  `graft finetune` on {photos} drawn photos and
  written by `graft export`; the largest difference of a probability between graft and ONNX Runtime
  on that file. Limit {limit:.0e}.
- **float16**: the same with `--weights float16`: the size of the file as a share of the other's, the
  largest difference between graft and ONNX Runtime on it (limit {limit:.0e}), and between it and the
  other file, which is what rounding the weights changed.
- **Classify**: photos that `graft classify` names as ONNX Runtime does, and the largest difference
  of their probability.
"""


def document(results, keras):
    versions = sorted({(r["onnx"], r["onnxruntime"]) for r in results})
    made = "; ".join(f"onnx {o}, ONNX Runtime {r}" for o, r in versions)
    lines = [
        "# The ONNX zoo's networks", "",
        "The nine networks of the ONNX zoo whose graphs the Python package onnx carries (IR 3, opset 9, "
        "as Caffe2 wrote them),", "imported, trained, exported by graft and used. Written by "
        "`Scripts/compare-with-onnxruntime --zoo --write`", f"with {made}.", "",
        EXPLANATION.format(limit=LIMIT, rate=RATE, photos=2 * PHOTOS, expected=EXPECTED_LIMIT),
        "| " + " | ".join(HEADER) + " |", "|---" * len(HEADER) + "|",
        *("| " + " | ".join(row(r)) + " |" for r in results), ""]
    if unwritten := [line for r in results for line in notes(r)]:
        lines += [*unwritten, ""]
    found = [p for r in results for p in problems(r)]
    if keras:
        section, failures = compare_keras.section(keras)
        lines += section
        found += failures
    lines += ["## Refused, or not right by these rules", ""]
    lines += [f"- {p}" for p in found] or ["Nothing."]
    missing = [n for n in NETWORKS if n not in {r["name"] for r in results}]
    if missing:
        lines += ["", "Not examined yet: " + ", ".join(missing) + "."]
    return "\n".join(lines) + "\n"


def compare(graft, names, cache, again=False, target=None):
    """Prints a table; the number of networks' faults."""
    if unknown := [name for name in names if name not in NETWORKS]:
        raise SystemExit(f"error: no network {', '.join(unknown)}; known: {', '.join(NETWORKS)}")
    if missing := [source(name) for name in names or NETWORKS if not source(name).exists()]:
        raise SystemExit(f"error: no file {missing[0]}")
    kept = cache / "zoo"
    kept.mkdir(parents=True, exist_ok=True)
    print(f"onnx {onnx.__version__}, ONNX Runtime {onnxruntime.__version__}, seeded random weights; "
          f"limit {LIMIT:.0e}; results in {kept}.\n")
    print("| " + " | ".join(HEADER) + " |")
    print("|---" * len(HEADER) + "|")
    failures = []
    for name in names or NETWORKS:
        path = kept / f"{name}.json"
        if again or not path.exists():
            unfinished = path.with_suffix(".part")
            unfinished.write_text(json.dumps(examine(graft, name), indent=1))
            unfinished.rename(path)
        result = json.loads(path.read_text())
        print("| " + " | ".join(row(result)) + " |", flush=True)
        failures += problems(result)
    for failure in failures:
        print(f"\n- {failure}")
    if target:
        every = [kept / f"{name}.json" for name in NETWORKS]
        target.write_text(document([json.loads(p.read_text()) for p in every if p.exists()],
                                   compare_keras.kept_rows(cache)))
    return len(failures)
