"""Run ONNX's node tests on graft. Called by conformance, which says how to use it."""

import argparse
import collections
import concurrent.futures
import copy
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy
import onnx
from onnx import helper, numpy_helper

# Some cases are made from numbers that overflow or are none, which is what they are about.
warnings.filterwarnings("ignore")
from onnx.backend.test.case.node import collect_testcases  # noqa: E402

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
TABLE = REPOSITORY / "Benchmarks" / "CONFORMANCE.md"
# Of the tests that graft's types can express, at least this share must pass.
PASSING = 0.95
SECONDS = 60

FLOATS = {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE,
          onnx.TensorProto.BFLOAT16}
INTEGERS = {onnx.TensorProto.DataType.Value(name) for name in (
    "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "BOOL")}

Result = collections.namedtuple("Result", "test verdict ways reason")


# The tests

def graft_operators():
    """The operators of the README's table, which graft's own tests hold against its registry."""
    text = (REPOSITORY / "README.md").read_text()
    table = text.split("<!-- operators -->")[1].split("<!-- end operators -->")[0]
    return set(re.findall(r"`(\w+)`", table))


def expresses(test):
    """Are all inputs and outputs tensors of types that graft reads?"""
    values = [*test.model.graph.input, *test.model.graph.output]
    return all(
        value.type.HasField("tensor_type")
        and value.type.tensor_type.elem_type in FLOATS | INTEGERS
        for value in values)


def is_body(test):
    """Is it a test of another operator, spelled as the operators of its function's body?"""
    return test.name.endswith("_expanded") or "_expanded_" in test.name


def operator_name(test):
    return test.model.graph.node[0].op_type


# The ways in which graft may be asked

def tensor(array, info):
    """A test's array as an initializer."""
    made = array if isinstance(array, onnx.TensorProto) else numpy_helper.from_array(
        numpy.asarray(array))
    made = copy.deepcopy(made)
    made.name = info.name
    return made


def floats(array):
    if isinstance(array, onnx.TensorProto):
        array = numpy_helper.to_array(array)
    return numpy.asarray(array, dtype=numpy.float32)


def batch_input(info, shape):
    return helper.make_tensor_value_info(info.name, onnx.TensorProto.FLOAT, ["N", *shape[1:]])


def with_constants(test, arrays, inputs):
    """The model, in which every input but these is an initializer."""
    model = copy.deepcopy(test.model)
    given = {info.name for info in inputs}
    del model.graph.input[:], model.graph.value_info[:]
    model.graph.input.extend(inputs)
    for info, array in zip(test.model.graph.input, arrays):
        if info.name not in given:
            model.graph.initializer.append(tensor(array, info))
    return model


def first_output(model, index):
    """The same model with another of its outputs in front, which is the one graft runs for."""
    model = copy.deepcopy(model)
    outputs = list(model.graph.output)
    del model.graph.output[:]
    model.graph.output.extend([outputs[index], *outputs[:index], *outputs[index + 1:]])
    return model


def network_way(test, arrays):
    """The first float input is the batch of images, all others are weights."""
    for info, array in zip(test.model.graph.input, arrays):
        shape = numpy.shape(array) if not isinstance(array, onnx.TensorProto) else array.dims
        if info.type.tensor_type.elem_type in FLOATS:
            if len(shape) == 0 or 0 in shape:
                return None
            return with_constants(test, arrays, [batch_input(info, shape)]), floats(array)
    return None


def packed_way(test, arrays):
    """All float inputs of one batch are computed from the network's one input: a row of it is a
    row of each, one after the other, and Slice and Reshape take them apart."""
    graph = test.model.graph
    opset = next(o.version for o in test.model.opset_import if o.domain in ("", "ai.onnx"))
    parts = [(info, floats(array)) for info, array in zip(graph.input, arrays)
             if info.type.tensor_type.elem_type in FLOATS]
    parts = [(i, a) for i, a in parts if a.ndim > 0 and a.size > 0 and len(a) == len(parts[0][1])]
    if len(parts) < 2:
        return None
    model = with_constants(test, arrays, [info for info, _ in parts])
    del model.graph.input[:]
    rows = numpy.concatenate([array.reshape(len(array), -1) for _, array in parts], axis=1)
    model.graph.input.append(helper.make_tensor_value_info(
        "conformance.rows", onnx.TensorProto.FLOAT, ["N", rows.shape[1]]))
    nodes, start = [], 0
    for info, array in parts:
        width = array[0].size
        bounds = {"starts": [start], "ends": [start + width], "axes": [1]}
        row, shape = f"{info.name}.row", f"{info.name}.shape"
        names = []
        if opset >= 10:
            names = [f"{info.name}.{key}" for key in bounds]
            for name, value in zip(names, bounds.values()):
                model.graph.initializer.append(numpy_helper.from_array(numpy.int64(value), name))
            bounds = {}
        model.graph.initializer.append(numpy_helper.from_array(
            numpy.int64([-1] if array.ndim == 1 else [0, *array.shape[1:]]), shape))
        nodes += [helper.make_node("Slice", ["conformance.rows", *names], [row], **bounds),
                  helper.make_node("Reshape", [row, shape], [info.name])]
        start += width
    nodes += model.graph.node
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model, rows


def constants_way(test, arrays):
    """Everything is known: graft folds the network while it reads it."""
    return with_constants(test, arrays, []), None


WAYS = {"network": network_way, "inputs": packed_way, "constants": constants_way}


# Judging

class Refused(Exception):
    pass


class Wrong(Exception):
    pass


def run(graft, model, array, folder):
    """What graft computes: all outputs of constants, one after the other of a network."""
    count = len(model.graph.output)
    if array is None:
        return call(graft, model, None, [folder / f"out{i}.npy" for i in range(count)], folder)
    outputs = []
    for index in range(count):
        outputs += call(
            graft, first_output(model, index), array, [folder / "out.npy"], folder)
    return outputs


def call(graft, model, array, targets, folder):
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    command = [graft, "run", path, "--threads", "1"]
    if array is not None:
        numpy.save(folder / "in.npy", array)
        command += ["--input", folder / "in.npy"]
    for target in targets:
        command += ["--output", target]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS,
            env={**os.environ, "GRAFT_OFFLINE": "1"})
    except subprocess.TimeoutExpired:
        raise Wrong(f"no answer in {SECONDS} s") from None
    if done.returncode == 0:
        return [numpy.load(target) for target in targets]
    message = done.stderr.strip().replace(f"{path}: ", "")
    first = message.splitlines()[0] if message else ""
    if done.returncode != 65 or not first.startswith("error: "):
        raise Wrong(f"exit code {done.returncode}: {first}")
    raise Refused(first.removeprefix("error: "))


def compare(test, results, expected):
    for info, got, want in zip(test.model.graph.output, results, expected):
        if isinstance(want, onnx.TensorProto):
            want = numpy_helper.to_array(want)
        want = numpy.asarray(want)
        is_float = info.type.tensor_type.elem_type in FLOATS
        if (got.dtype.kind == "f") != is_float:
            raise Wrong(f"{info.name} is {got.dtype}; expected {want.dtype}")
        if got.shape != want.shape:
            raise Wrong(f"{info.name} has shape {got.shape}; expected {want.shape}")
        # graft computes in float: rounded to the test's type, it must be the test's number.
        got = got.astype(want.dtype).astype(numpy.float64) if is_float else got.astype(object)
        want = want.astype(numpy.float64) if is_float else want.astype(object)
        same = (numpy.isclose(got, want, rtol=test.rtol, atol=test.atol, equal_nan=True)
                if is_float else got == want)
        if not numpy.all(same):
            place = tuple(int(i) for i in numpy.argwhere(~numpy.asarray(same, dtype=bool))[0])
            raise Wrong(f"{info.name}{list(place)} is {got[place]}; expected {want[place]}")


def judge(graft, test):
    """Passed: one way gives the test's numbers. Failed: any way gives others, or worse."""
    if test.name in OPEN:
        return Result(test, "open", [], OPEN[test.name])
    passed, wrong, refusals = [], [], []
    for name, way in WAYS.items():
        # Inputs computed at run time where others as weights went: the same nodes once more.
        if name == "inputs" and "network" in passed:
            continue
        try:
            for arrays, expected in test.data_sets:
                asked = way(test, arrays)
                if asked is None:
                    break
                with tempfile.TemporaryDirectory() as folder:
                    results = run(graft, *asked, pathlib.Path(folder))
                compare(test, results, expected)
            else:
                passed.append(name)
        except Refused as refusal:
            refusals.append(f"{refusal}")
        except Wrong as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        return Result(test, "failed", passed, "; ".join(wrong))
    if passed:
        return Result(test, "passed", passed, "; ".join(refusals))
    return Result(test, "refused", [], choose(refusals))


# Reasons

# What the refusals have in common, and the messages that say so. The first that fits counts.
REASONS = [
    ("MaxPool's second output, the places of the maxima: a classifier has no use for it",
     r"output Indices is used|storage_order is 1"),
    ("Dropout's mask as an output: a classifier has no use for it", r"output mask is used"),
    ("integers or booleans that no shape needs: graft computes in float", r"holds integers"),
    ("BatchNormalization's new running statistics as outputs of the network: an output of graft's "
     "begins with the batch; in a graph that is trained graft keeps them",
     r"output 'output_mean' has shape"),
    ("a part of a Split that is empty: graft computes with one element or more",
     r"leave a part of .* empty"),
    ("a batch in an input that is no image: graft's networks have one input",
     r"Concat along axis \d+ expects them to agree|depends on the batch size"),
]

# Tests whose numbers ONNX does not prescribe.
OPEN = {
    "test_training_dropout": "NumPy's random numbers",
    "test_training_dropout_default": "the same",
}


def choose(messages):
    """The message that says why, of those of the ways that were tried."""
    for _, pattern in REASONS:
        for message in messages:
            if re.search(pattern, message):
                return message
    return messages[0] if messages else "no way to ask"


def category(result):
    return next((name for name, pattern in REASONS if re.search(pattern, result.reason)),
                f"other: {result.reason}")


# The table

INTRODUCTION = """\
# Conformance

What graft makes of ONNX's own node tests, of those of the Python package onnx {version} whose
operators it has: {count} of {all}. `Scripts/conformance --write` runs them and writes this page; CI
runs `Scripts/conformance --check`, which wants every word below to be what comes out.

- Each test is asked in up to three ways: its first float input as the batch of images, all else as
  weights; all its float inputs computed at run time; all inputs as constants, which graft folds
  while reading. **Passed** is a test that gives ONNX's numbers in one way (relative tolerance 1e-3,
  absolute 1e-7, those of ONNX's own runner; the type's rounding where it is shorter than float) and
  wrong ones in none.
- **Refused** is a test that graft answers with exit code 65 and a message, in every way. **Failed**
  is all else: wrong numbers, types or shapes in any way, a crash, no answer in {seconds} s.
- **Open** are tests whose numbers ONNX does not prescribe, and that are not asked:
  {open}.
- **Other types** are tests with floats of 8 bits and fewer, integers of fewer than 8, strings,
  sequences or optional values. graft reads float, double, float16, bfloat16, bool and integers of
  8 to 64 bits; these tests are not asked.
- *In a network* counts tests that pass at run time, with the batch free; the others are folded.
"""

HEADER = """\
| operator | tests | passed | in a network | refused | open | failed | other types |
|---|---|---|---|---|---|---|---|
"""


def row(name, results, others, bold=""):
    count = collections.Counter(result.verdict for result in results)
    ran = sum(1 for result in results
              if result.verdict == "passed" and set(result.ways) - {"constants"})
    cells = [len(results) + others, count["passed"], ran, count["refused"], count["open"],
             count["failed"], others]
    return "| " + " | ".join([f"{bold}{cell}{bold}" for cell in [name, *cells]]) + " |\n"


def share(results):
    return sum(result.verdict == "passed" for result in results) / len(results)


def refusals(results):
    groups = collections.defaultdict(list)
    for result in results:
        if result.verdict == "refused":
            groups[category(result)].append(result.test.name.removeprefix("test_"))
    lines = ["| reason | tests |\n", "|---|---|\n"]
    for name, tests in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])):
        lines.append(f"| {name} | {', '.join(f'`{test}`' for test in sorted(tests))} |\n")
    return "".join(lines)


def page(results, others, total):
    own = [result for result in results if not is_body(result.test)]
    bodies = [result for result in results if is_body(result.test)]
    foreign = collections.Counter(operator_name(test) for test in others if not is_body(test))
    foreign_bodies = sum(is_body(test) for test in others)
    by_operator = collections.defaultdict(list)
    for result in own:
        by_operator[operator_name(result.test)].append(result)

    text = INTRODUCTION.format(
        version=onnx.__version__, count=len(results) + len(others), all=total, seconds=SECONDS,
        open="; ".join(f"`{name.removeprefix('test_')}`: {why}"
                       for name, why in sorted(OPEN.items())))
    whole = sum(result.verdict == "passed" for result in own) / (len(own) + sum(foreign.values()))
    text += (
        "\n## By operator\n\n"
        f"{100 * share(own):.1f} % of the tests in graft's types pass, open ones counted as not "
        f"passed; {100 * whole:.1f} % if those\nin other types, most of them Cast's, are counted "
        "so too. These are all operators that graft has: those\nthat image classifiers use."
        "\n\n" + HEADER)
    for name in sorted(by_operator.keys() | foreign.keys()):
        text += row(f"`{name}`", by_operator[name], foreign[name])
    text += row("all", own, sum(foreign.values()), "**")
    text += "\n## Refused on purpose\n\n" + refusals(own)
    text += (
        "\n## Bodies of functions\n\n"
        "Other operators, which ONNX defines by networks of these ones. Those networks are run "
        "too, where graft\nhas all their operators; they are not counted above.\n\n" + HEADER)
    text += row("all", bodies, foreign_bodies)
    text += "\n" + refusals(bodies)
    return text


def main():
    parser = argparse.ArgumentParser(prog="Scripts/conformance")
    parser.add_argument("--graft", required=True)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--details", action="store_true")
    parser.add_argument("tests", nargs="*", metavar="TEST")
    options = parser.parse_args()
    if options.tests and (options.write or options.check):
        parser.error("--write and --check take all tests")

    numpy.random.seed(0)
    operators = graft_operators()
    everything = collect_testcases(None)
    tests = [test for test in everything
             if all(node.op_type in operators and node.domain in ("", "ai.onnx")
                    for node in test.model.graph.node)
             and any(word in test.name for word in options.tests or [""])]
    if not tests:
        parser.error("no such test of an operator that graft has")
    others = [test for test in tests if not expresses(test)]
    asked = [test for test in tests if expresses(test)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda test: judge(options.graft, test), asked))

    failed = [result for result in results if result.verdict == "failed"]
    own = [result for result in results if not is_body(result.test)]
    text = page(results, others, len(everything)) if not options.tests else ""
    for result in results if options.details or options.tests else []:
        print(f"{result.verdict:8} {result.test.name}  {', '.join(result.ways)}  {result.reason}")
    if not options.tests:
        print(text)
    if options.write:
        TABLE.write_text(text)
    for result in failed:
        print(f"failed: {result.test.name}: {result.reason}", file=sys.stderr)
    problems = len(failed)
    if own and not options.tests and share(own) < PASSING:
        print(f"failed: {100 * share(own):.1f} % pass; expected {100 * PASSING:.0f}",
              file=sys.stderr)
        problems += 1
    if options.check and (not TABLE.exists() or TABLE.read_text() != text):
        print(f"failed: {TABLE.relative_to(REPOSITORY)} says something else; look at what changed "
              "with Scripts/conformance --write and git diff", file=sys.stderr)
        problems += 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
