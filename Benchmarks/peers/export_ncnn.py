"""Writes the models that ncnn runs, float32, by way of its converter pnnx.

usage: export_ncnn.py FOLDER
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import pnnx
import torch

from networks import image_shape, network

NETWORKS = ["alexnet", "vgg16", "resnet50"]

folder = pathlib.Path(sys.argv[1])
program = getattr(pnnx, "EXEC_PATH", None) or shutil.which("pnnx")
for name in NETWORKS:
    if (folder / f"{name}.ncnn.bin").exists():
        continue
    with tempfile.TemporaryDirectory() as scratch:
        traced = pathlib.Path(scratch) / f"{name}.pt"
        shape = (1, *image_shape(name))
        torch.jit.trace(network(name), torch.zeros(shape)).save(str(traced))
        size = ",".join(map(str, shape))
        subprocess.run(
            [program, traced, f"inputshape=[{size}]", "fp16=0"], cwd=scratch, check=True,
            stdout=subprocess.DEVNULL)
        for kind in ("param", "bin"):
            shutil.copy(traced.with_suffix(f".ncnn.{kind}"), folder)
    print(folder / f"{name}.ncnn.bin", flush=True)
