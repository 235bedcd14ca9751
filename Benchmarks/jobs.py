"""The jobs of `compare`: what is done, by which command of graft, and by which of its peers.

A word of a command may hold {graft}, {models}, {photos}, {threads}, {seconds}, {scratch}; a peer's
command begins with the name of its script in peers/.
"""

from dataclasses import dataclass, field, replace

DIGITS = " ".join(str(index % 10) for index in range(200))


@dataclass(frozen=True)
class Job:
    name: str
    title: str
    unit: str  # of the figure: photos/s, digits/s, s or MB
    graft: str  # the command
    peers: dict[str, str]  # the command by the name of the engine
    figure: str = "rate"  # what is compared: the rate that is printed, or wall time or peak memory
    floor: float = 1.0  # the ratio that graft is meant to keep
    note: str = ""  # which file or network each side uses
    needs: dict[str, str] = field(default_factory=dict)  # by engine: a file without which it is left out

    @property
    def higher_is_better(self):
        return self.figure == "rate"


# MARK: - Forward

KERAS = ("vgg16", "resnet50", "mobilenet_v2", "inception_v3")  # the networks that it has as well


def forward(network, batch):
    engines = ["onnxruntime", "openvino", "pytorch"]
    if batch > 1:
        engines.append("openvino-throughput")
    if network in KERAS:
        engines.append("tensorflow")
    needs = {}
    if network in ("vgg16", "resnet50", "alexnet"):
        engines.append("ncnn")
        needs["ncnn"] = f"{{models}}/{network}.ncnn.bin"
    script = (f"forward.py --network {network} --batch {batch} --models {{models}}"
              " --threads {threads} --seconds {seconds} --engine ")
    return Job(
        name=f"forward-{network}-{batch}", title=f"{network} forward, batch {batch}", unit="photos/s",
        graft=f"{{graft}} bench {{models}}/{network}.onnx --batch {batch}"
              " --threads {threads} --seconds {seconds} --json --quiet",
        peers={engine: script + engine for engine in engines}, needs=needs,
        note=f"{network}.onnx; PyTorch and TensorFlow their own network; ncnn image by image")


# MARK: - Training

def train(network, depth, batch=16):
    engines = ["pytorch", "pytorch-nchw"] + (["tensorflow"] if network in KERAS else [])
    script = (f"train.py --network {network} --depth {depth} --batch {batch}"
              " --threads {threads} --seconds {seconds} --engine ")
    what = "all layers" if depth == "all" else "last block, first epoch"
    return Job(
        name=f"{'train' if depth == 'all' else 'block'}-{network}",
        title=f"{network} training, {what}, batch {batch}", unit="photos/s",
        # By name, not from the file: its BatchNormalization is folded, and Dropout is gone.
        graft=f"{{graft}} bench {network} --mode {depth} --batch-norm train --batch {batch}"
              " --threads {threads} --seconds {seconds} --json --quiet",
        peers={engine: script + engine for engine in engines},
        note="each its own network, random weights; normalisation by the batch where layers learn")


def digits(network, title):
    script = (f"train.py --network {network} --depth all --batch 200 --threads {{threads}}"
              " --seconds {seconds} --engine ")
    return Job(
        name=f"mnist-{network}", title=f"{title}, batch 200; an epoch is 60,000", unit="digits/s",
        graft=f"{{graft}} learn {{models}}/{network}.onnx --input {{scratch}}/digits.npy"
              f" --labels {DIGITS} --steps {{steps}} --rate 0.0001 --threads {{threads}} --json",
        peers={engine: script + engine for engine in ("pytorch", "pytorch-nchw", "tensorflow")},
        note=f"graft {network}.onnx, the others the same layers; one batch, again and again")


# MARK: - Whole programs

def head(features, peer):
    """`features`: does PyTorch's script keep them, as graft does, or compute them anew in each epoch?"""
    run = ("--models {models} --photos {photos} --threads {threads} --epochs 10"
           f" --output {{scratch}}/peer.pt --features {features}")
    return Job(
        name="finetune-head" + ("-kept" if features == "kept" else ""),
        title=f"resnet50, new head on 200 photos, 10 epochs, whole process; {peer}", unit="s",
        figure="wall",
        graft="{graft} finetune {models}/resnet50.onnx on {photos} --depth head --epochs 10"
              " --patience 10 --fit stretch --seed 1 --no-cache --force --quiet"
              " --threads {threads} -o {scratch}/run",
        peers={"pytorch": f"finetune_head.py --network resnet50 {run}"},
        note="graft resnet50.onnx, PyTorch resnet50.pt: the same weights")


def classify(name, network, title, photos, engines):
    flags = (f" --network {network} --models {{models}} --photos {photos} --threads {{threads}}"
             " --output {scratch}/peer.csv --engine ")
    return Job(
        name=name, title=f"{network}, {title} to labels.csv, whole process", unit="s", figure="wall",
        graft=f"{{graft}} classify {{models}}/{network}.onnx {photos} --labels {{models}}/labels.txt"
              " --fit stretch --no-cache --force --quiet --threads {threads} -o {scratch}/labels.csv",
        peers={engine: "classify.py" + flags + engine for engine in engines},
        note=f"{network}.onnx, PyTorch {network}.pt: the same weights; nothing kept from earlier runs")


def decode():
    flags = "decode.py --photos {photos} --threads {threads} --seconds {seconds} --engine "
    return Job(
        name="decode", title="PNG 500x375 to 224x224 RGB", unit="photos/s",
        graft="{graft} bench --photos {photos} --threads {threads} --seconds {seconds} --json --quiet",
        peers={engine: flags + engine for engine in ("pillow", "opencv")},
        note="100 files in memory; OpenCV samples where the others average")


def memory(job):
    """The same programs, but their peak resident memory is compared."""
    return Job(
        name=f"memory-{job.name}", title=f"peak memory: {job.title}", unit="MB", figure="memory",
        graft=job.graft, peers=job.peers, needs=job.needs, note=job.note)


SPEED = [
    *(forward(network, batch) for network, batch in [
        ("vgg16", 8), ("vgg16", 1), ("resnet50", 8), ("resnet50", 1), ("alexnet", 32), ("alexnet", 1),
        ("squeezenet1_1", 8), ("googlenet", 8), ("inception_v3", 8), ("mobilenet_v2", 8),
        ("resnet18", 8)]),
    *(train(network, "all") for network in ("vgg16", "resnet50", "alexnet")),
    *(train(network, "block") for network in ("resnet50", "vgg16")),
    head("anew", "PyTorch runs the network in each epoch"),
    head("kept", "PyTorch keeps features as well"),
    classify("photo-resnet50", "resnet50", "one photo, cold", "{photos}/cold/000.png",
             ["onnxruntime", "openvino", "pytorch", "opencv"]),
    classify("photo-vgg16", "vgg16", "one photo, cold", "{photos}/cold/000.png",
             ["onnxruntime", "openvino", "pytorch", "opencv"]),
    classify("photos-200", "resnet50", "200 PNGs", "{photos}",
             ["onnxruntime", "openvino", "pytorch"]),
    decode(),
    digits("mlp", "MNIST perceptron 784-800-10"),
    digits("lenet", "MNIST LeNet, 20 and 50 maps"),
]

WITH_MEMORY = [
    "forward-vgg16-8", "forward-resnet50-8", "train-vgg16", "train-resnet50", "train-alexnet",
    "finetune-head", "photos-200",
]

# Ratios to the best peer that graft is meant to keep, where that is more than 1.
FLOORS = {
    "forward-vgg16-8": 1.35, "forward-vgg16-1": 1.15, "forward-resnet50-8": 1.1,
    "forward-resnet50-1": 1.05, "forward-alexnet-32": 1.15, "forward-alexnet-1": 1.15,
    "train-vgg16": 3.3, "train-resnet50": 1.3, "train-alexnet": 1.5, "block-resnet50": 1.5,
    "block-vgg16": 2, "finetune-head": 8, "photo-resnet50": 2.5, "photo-vgg16": 4, "photos-200": 1.1,
    "decode": 1.2, "mnist-mlp": 1.3, "mnist-lenet": 1.8,
}

JOBS = [replace(job, floor=FLOORS.get(job.name, 1.0)) for job in SPEED]
JOBS += [memory(job) for job in SPEED if job.name in WITH_MEMORY]
