#!/usr/bin/env python3
"""Compares onnx.proto with the schema inside the Python package `onnx`: every message, enum, field,
number, type, label, packing, oneof and reservation. Needs `pip install onnx` and `protoc`.

    python3 proto/compare_with_onnx.py
"""
import pathlib
import subprocess
import sys
import tempfile

import onnx
from google.protobuf import descriptor_pb2

here = pathlib.Path(__file__).resolve().parent


def facts(file):
    found = set()

    def enum(scope, e):
        for v in e.value:
            found.add((scope + e.name, "value", v.name, v.number))

    def message(scope, m):
        name = scope + m.name
        found.add((name, "message"))
        for r in m.reserved_range:
            found.update((name, "reserved", n) for n in range(r.start, r.end))
        found.update((name, "reserved", n) for n in m.reserved_name)
        for e in m.enum_type:
            enum(name + ".", e)
        for n in m.nested_type:
            message(name + ".", n)
        for f in m.field:
            oneof = m.oneof_decl[f.oneof_index].name if f.HasField("oneof_index") else ""
            found.add((name, "field", f.name, f.number, f.label, f.type, f.type_name,
                       f.options.packed, oneof))

    for e in file.enum_type:
        enum("", e)
    for m in file.message_type:
        message("", m)
    return found


with tempfile.NamedTemporaryFile() as out:
    subprocess.run(["protoc", f"--proto_path={here}", f"--descriptor_set_out={out.name}",
                    "onnx.proto"], check=True)
    ours = facts(descriptor_pb2.FileDescriptorSet.FromString(out.read()).file[0])
reference = descriptor_pb2.FileDescriptorProto()
onnx.onnx_ml_pb2.DESCRIPTOR.CopyToProto(reference)
theirs = facts(reference)
for fact in sorted(ours - theirs, key=str):
    print("only in onnx.proto:", fact)
for fact in sorted(theirs - ours, key=str):
    print(f"only in onnx {onnx.__version__}:", fact)
if ours != theirs:
    sys.exit(1)
print(f"onnx.proto agrees with onnx {onnx.__version__} (IR {onnx.IR_VERSION}): {len(ours)} facts")
