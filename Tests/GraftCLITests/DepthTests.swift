import Foundation
import Testing

/// Training below the head, and going on after Ctrl-C, word for word.
@Suite struct DepthTests {
  @Test func trainsTheWholeNetworkInPhases() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos()
    let run = try place.graft(
      "finetune", "tiny.onnx", "on", "photos", "--depth", "all", "--epochs", "2", "--augment",
      "light", "-o", "run")
    #expect(run.status == 0, "\(run.err)")
    #expect(run.err.contains("\nPlan    1 features of 40 photos"))
    #expect(run.err.contains("\n        2 head, some seconds\n"))
    #expect(run.err.contains("\n        3 all: 2 layers, 2 epochs"))
    #expect(run.err.contains("\n          (--depth head trains the head alone)\n"))
    #expect(run.err.contains("\nall       epoch 1/2  loss "))
    #expect(run.err.contains("\nall       2 epochs, best "))
    #expect(run.out.contains(#/\nBest    epoch \d+ of (head|all): validation accuracy /#))
    #expect(
      place.names(in: "run") == [
        "curves.svg", "epochs.csv", "metrics.json", "model.onnx", "run.json", "skipped.csv",
        "split.csv", "val-predictions.csv",
      ])
    let rows = place.text("run/epochs.csv").split(separator: "\n")
    #expect(rows.filter { $0.hasSuffix(",all") }.count == 2)
  }

  @Test func saysPhasesOfSomeLayersInWords() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos()
    let run = try place.graft(
      "finetune", "tiny.onnx", "on", "photos", "--depth", "2", "--epochs", "1", "--momentum", "0.8",
      "--val", "0", "--estimate")
    #expect(run.status == 0, "\(run.err)")
    #expect(run.err.contains("\n        3 2 layers: 1 epoch, less than 0.1 GB of memory\n"))
    // Without validation the last phase is the one that is kept.
    let trained = try place.graft(
      "finetune", "tiny.onnx", "on", "photos", "--depth", "2", "--epochs", "1", "--momentum", "0.8",
      "--val", "0")
    #expect(trained.status == 0, "\(trained.err)")
    #expect(trained.err.contains("\n2 layers  1 epoch, best 1:  loss "))
    #expect(
      trained.out.hasPrefix("\nBest    epoch 1 of phase '2 layers'; no photos were kept back "))
  }

  /// Also where nothing takes long: all features are there, and only the head learns.
  @Test func estimateSaysThePlan() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos()
    let words = ["finetune", "tiny.onnx", "on", "photos", "--depth", "head"]
    try #require(try place.graft(words + ["--epochs", "1"]).status == 0)
    let estimate = try place.graft(words + ["--estimate"])
    #expect(estimate.status == 0)
    #expect(estimate.err.hasSuffix("\nPlan    1 head, some seconds\n"), "\(estimate.err)")
    let json = try place.graft(
      "finetune", "tiny.onnx", "on", "photos", "--depth", "all", "--epochs", "3", "--estimate",
      "--json")
    let document = try JSONSerialization.jsonObject(with: json.output) as? [String: Any]
    let plan = try #require(document?["plan"] as? [[String: Any]])
    #expect(plan.map { $0["phase"] as? String } == ["head", "all"])
    #expect(plan.map { $0["photos"] as? Int } == [0, 0])
    #expect(plan[1]["layers"] as? Int == 2)
    #expect(plan[1]["epochs"] as? Int == 3)
    #expect(try #require(plan[1]["memoryBytes"] as? Int) > 0)
    #expect(plan[1]["learningSeconds"] is Double)
  }

  /// Stopped while the whole network learns; the run that goes on ends with the same bytes.
  @Test func goesOnWhereItWasStopped() throws {
    let place = try Workplace()
    try place.addModel("slow.onnx", size: 96, width: 96)
    try place.addPhotos()
    let words = [
      "finetune", "slow.onnx", "on", "photos", "--depth", "all", "--epochs", "12",
      "--patience", "12", "--batch", "4",
    ]
    let running = try place.begin(Workplace.graft, words + ["-o", "run"])
    try running.waitForErrors("\nall       epoch 1/12")
    running.signal(SIGINT)
    let stopped = try place.finish(running)
    #expect(stopped.status == 130)
    #expect(
      stopped.err.hasSuffix(
        """
        error: stopped before the run was complete; run keeps where it was
          graft finetune --resume run   goes on from there.

        """), "\(stopped.err)")
    #expect(place.names(in: "run") == ["last.ckpt", "run.json"])

    let resumed = try place.graft("finetune", "--resume", "run")
    #expect(resumed.status == 0, "\(resumed.err)")
    #expect(!place.names(in: "run").contains("last.ckpt"))
    let whole = try place.finish(place.begin(Workplace.graft, words + ["-o", "whole"]))
    #expect(whole.status == 0)
    for name in ["model.onnx", "epochs.csv", "val-predictions.csv"] {
      #expect(place.bytes("run/\(name)") == place.bytes("whole/\(name)"), "\(name)")
    }
    expectFailure(
      try place.graft("finetune", "--resume", "run"), 65,
      "run: the run is complete; there is nothing to go on with")
  }

  @Test func refusesWhatCannotGoOn() throws {
    let place = try Workplace()
    try place.write("", to: "file")
    expectFailure(
      try place.graft("finetune", "--resume", "nowhere"), 66, "nowhere: there is no such folder")
    expectFailure(
      try place.graft("finetune", "--resume", "."), 65,
      ".: this is no folder of an interrupted run; it has no last.ckpt")
    expectFailure(
      try place.graft("finetune", "x.onnx", "on", "photos", "--resume", "run"), 64,
      "--resume takes model, photos and settings from the run")
    try place.write("damaged", to: "last.ckpt")
    expectFailure(
      try place.graft("finetune", "--resume", "."), 65,
      ".: run.json does not say how the run began; begin it anew")
    expectFailure(try place.graft("finetune"), 64, "Missing expected argument '<model>'")
    expectFailure(try place.graft("finetune", "vgg16"), 64, "Missing expected argument '<folder>'")
  }

  @Test(
    arguments: [
      ("--depth 9", 64, "--depth 9: the network has 2 layers; expected 1 to 2"),
      ("--depth -1", 64, "--depth -1: the network has 2 layers; expected 1 to 2"),
      ("--depth nose", 64, "--depth nose: the network has no node of this name"),
      ("--depth all --augment blur", 64, "--augment: no augmentation is called 'blur'"),
      (
        "--depth all --augment-views 2", 64,
        "--augment-views keeps changed photos; say how with --augment"
      ),
      ("--unfreeze-every 0", 64, "--unfreeze-every is 0; expected at least 1"),
      ("--accumulate 0", 64, "a batch of 16 in 0 parts; expected 1 to 16"),
      ("--layer-decay 2", 64, "layer decay is 2.0; expected a number above 0, at most 1"),
    ] as [(String, Int32, String)])
  func refuses(_ flags: String, _ status: Int32, _ message: String) throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos(count: 2)
    let result = try place.shell("\"$GRAFT\" finetune tiny.onnx on photos \(flags)")
    expectFailure(result, status, message)
    #expect(!place.exists("runs"))
  }
}
