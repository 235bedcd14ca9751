import Foundation
import Testing

/// Mistakes in what was typed: exit code 64, and nothing is begun.
@Suite struct UsageTests {
  @Test(arguments: [
    ("clasify pets.onnx x", "'clasify' is not a command of graft. Did you mean 'classify'?"),
    ("frobnicate", "'frobnicate' is not a command of graft."),
    ("finetune tiny.onnx at photos", "'at' stands where 'on' or nothing is expected"),
    (
      "finetune tiny.onnx on photos more",
      "expected one folder of photos, got 'on' 'photos' 'more'"
    ),
    (
      "finetune tiny.onnx on photos --epoch 3", "Unknown option '--epoch'. Did you mean '--epochs'?"
    ),
    ("finetune tiny.onnx on photos --epochs 0", "epochs is 0; expected at least 1"),
    ("finetune tiny.onnx on photos --epochs -3", "epochs is -3; expected at least 1"),
    ("finetune tiny.onnx on photos --batch 0", "batch size is 0; expected at least 1"),
    ("finetune tiny.onnx on photos --lr nan", "learning rate is nan; expected a number above 0"),
    ("finetune tiny.onnx on photos --lr -1", "learning rate is -1.0; expected a number above 0"),
    ("finetune tiny.onnx on photos --optimizer adams", "no optimizer is called 'adams'"),
    (
      "finetune tiny.onnx on photos --depth head --mix mixup",
      "--mix mixes photos while layers below the head learn; --depth head learns from kept features"
    ),
    (
      "finetune tiny.onnx on photos --optimizer lbfgs",
      "lbfgs trains heads on kept features; below them choose adam, adamw, nesterov, rmsprop, sgd"
    ),
    (
      "finetune tiny.onnx on photos --depth head --optimizer lbfgs --lr 0.1",
      "lbfgs has no learning rate"
    ),
    ("finetune tiny.onnx on photos --mix mixdown", "no mixing is called 'mixdown'"),
    (
      "finetune tiny.onnx on photos --val 1",
      "--val 1.0 and --test 0.0 leave nothing to train on"
    ),
    (
      "finetune tiny.onnx on photos --val -0.2",
      "--val is -0.2; expected 0 or above, below 1"
    ),
    ("finetune tiny.onnx on photos --test nan", "--test is nan; expected 0 or above, below 1"),
    (
      "finetune tiny.onnx on photos --depth head --unfreeze-every 2",
      "--unfreeze-every thaws layers below the head; --depth head trains the head alone"
    ),
    (
      "finetune tiny.onnx on photos --depth head --layer-decay 0.9",
      "--layer-decay slows layers below the head; --depth head trains the head alone"
    ),
    (
      "finetune tiny.onnx on photos --depth head --batch-norm train",
      "--batch-norm is for layers below the head; --depth head trains the head alone"
    ),
    ("finetune tiny.onnx on photos --depth head --momentum 0.5", "adamw has no momentum"),
    ("finetune tiny.onnx on photos --depth ''", "The value '' is invalid for '--depth <depth>'"),
    ("finetune tiny.onnx on photos --threads -2", "--threads is -2; expected 1 to 1024"),
    ("finetune tiny.onnx on photos --size 0", "--size is 0; expected 1 to 8192"),
    ("classify tiny.onnx photos --top -1", "--top is -1; expected at least 1"),
    (
      "classify tiny.onnx photos --min-confidence -0.5",
      "--min-confidence is -0.5; expected 0 to 1"
    ),
    (
      "classify tiny.onnx photos -o x.txt",
      "-o x.txt: expected a name that ends in .csv or .jsonl, or -"
    ),
    (
      "classify tiny.onnx photos --json -o x.csv",
      "--json writes to standard output; for a file say -o NAME.jsonl instead"
    ),
    ("classify tiny.onnx photos --copy", "--copy belongs to --sort-into"),
    ("export tiny.onnx --opset 99", "--opset is 99; expected 3 to 28"),
    (
      "run tiny.onnx --input x.npy --output y.npy --output z.npy",
      "--output is given 2 times; with --input once"
    ),
    ("inspect tiny.onnx --batch 0", "--batch is 0; expected 1 to 4096"),
  ])
  func refuses(_ line: String, _ message: String) throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos(count: 1)
    let result = try place.shell("\"$GRAFT\" " + line)
    expectFailure(result, 64, message)
    #expect(result.output.isEmpty)
    #expect(!place.exists("runs"))
    #expect(!result.err.contains("Data "))
  }

  @Test(arguments: [
    (
      "GRAFT_THREADS", "many", "GRAFT_THREADS is \"many\"; expected a number of threads, at least 1"
    ),
    ("GRAFT_THREADS", "0", "GRAFT_THREADS is \"0\"; expected a number of threads, at least 1"),
    ("GRAFT_METHOD", "fft", "GRAFT_METHOD is \"fft\"; expected direct, winograd or winograd-2x2"),
    (
      "GRAFT_IMAGES", "one",
      "GRAFT_IMAGES is \"one\"; expected automatic, together or apart"
    ),
    ("GRAFT_CPU", "mmx", "GRAFT_CPU is \"mmx\"; expected portable, avx2 or avx512"),
  ])
  func environment(_ name: String, _ value: String, _ message: String) throws {
    let place = try Workplace()
    try place.addModel()
    expectFailure(
      try place.graft("inspect", "tiny.onnx", environment: [name: value]), 64, message)
  }

  @Test func controlCharactersOfArguments() throws {
    let place = try Workplace()
    for argument in ["--x\u{1B}[31m", "a\nerror: b", "\u{7F}\u{9B}2J"] {
      expectFailure(try place.graft(argument), 64)
      expectFailure(try place.graft("inspect", argument), argument.hasPrefix("-") ? 64 : 66)
    }
  }

  @Test func longArguments() throws {
    let place = try Workplace()
    expectFailure(try place.graft("inspect", String(repeating: "x", count: 5000)), 66)
    expectFailure(try place.graft("--" + String(repeating: "x", count: 5000)), 64)
  }
}
