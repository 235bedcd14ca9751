import Foundation
import Testing

/// Several labels and numbers on the command line.
@Suite struct TargetsTests {
  private let place: Workplace

  /// `tiny.onnx`, `photos` of circles, rings and the like, `tags.csv`, `flags.csv` and `sizes.csv`.
  init() throws {
    place = try Workplace()
    try place.addModel()
    try place.addPhotos()
    var (tags, flags, sizes) = ("path,labels\n", "path,round,small\n", "path,grams,split\n")
    for shape in place.names(in: "photos") {
      for (number, name) in place.names(in: "photos/\(shape)").enumerated() {
        let (round, small) = (["circle", "ring"].contains(shape), number % 2 == 0)
        let labels = (round ? ["round"] : []) + (small ? ["small"] : [])
        tags += "\(shape)/\(name),\(labels.joined(separator: "|"))\n"
        flags += "\(shape)/\(name),\(round ? 1 : 0),\(small ? 1 : 0)\n"
        sizes += "\(shape)/\(name),\(round ? 250 : 100 + number),\(number < 6 ? "train" : "val")\n"
      }
    }
    try place.write(tags, to: "tags.csv")
    try place.write(flags, to: "flags.csv")
    try place.write(sizes, to: "sizes.csv")
  }

  private func train(
    _ table: String, _ task: String, _ run: String, _ more: [String] = []
  ) throws -> CommandResult {
    try place.graft(
      [
        "finetune", "tiny.onnx", "on", "photos", "--labels", table, task, "-o", run, "--depth",
        "head",
        "--epochs", "5",
      ] + more)
  }

  private func json(_ file: String) throws -> [String: Any] {
    let data = try #require(place.bytes(file))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func severalLabels() throws {
    let run = try train("tags.csv", "--multi-label", "run")
    #expect(run.status == 0, "\(run.err)")
    #expect(
      run.err.hasPrefix(
        "Data    photos: 40 photos, 2 labels and 12 without one (round 16, small 20)\n"
          + "        labels from tags.csv\n"))
    #expect(run.err.contains("  val mean AP "))
    #expect(run.out.contains(": validation mean average precision "))
    #expect(run.out.contains("        label  precision  recall "))
    let metrics = try json("run/metrics.json")
    #expect(metrics["validation"] == nil && metrics["regression"] == nil)
    let report = try #require(metrics["multiLabel"] as? [String: Any])
    #expect((report["perLabel"] as? [Any])?.count == 2)
    #expect(place.text("run/split.csv").hasPrefix("path,labels,split\r\n"))
    #expect(
      place.text("run/val-predictions.csv").hasPrefix("path,labels,predictions,round,small\r\n"))
    #expect(
      place.text("run/epochs.csv").split(separator: "\n")[0].hasSuffix(
        ",phase,validation_average_precision"))

    // The same said in columns of 0 and 1.
    let other = try train("flags.csv", "--multi-label", "other")
    #expect(other.status == 0, "\(other.err)")
    #expect(place.bytes("run/model.onnx") == place.bytes("other/model.onnx"))
    // And read back from what the run wrote.
    let again = try train("run/split.csv", "--multi-label", "again")
    #expect(again.status == 0, "\(again.err)")
    #expect(place.bytes("run/model.onnx") == place.bytes("again/model.onnx"))
  }

  @Test func classifiesSeveralLabels() throws {
    let run = try train("tags.csv", "--multi-label", "run")
    #expect(run.status == 0, "\(run.err)")
    #expect(try place.graft("export", "run", "-o", "tags.onnx").out.contains(", 2 labels, "))
    let bare = try place.graft("classify", "tags.onnx", "photos/ring/1.png", "--threshold", "0.999")
    #expect(bare.out == "photos/ring/1.png  no label\n")
    #expect(bare.err == "1 photo: 1 without a label\n")
    let all = try place.graft(
      "classify", "tags.onnx", "photos/ring/1.png", "--threshold", "0.001", "-q")
    #expect(all.out.contains("round 0.") && all.out.contains("small 0."))
    let csv = try place.graft(
      "classify", "tags.onnx", "photos/ring", "-o", "-", "--threshold", "0.001")
    let rows = csv.out.split(separator: "\r\n")
    #expect(rows[0] == "path,labels,round,small,error" && rows.count == 9)
    #expect(rows[1].hasPrefix("photos/ring/1.png,"))
    #expect(rows[1].contains("round|small,0.") || rows[1].contains("small|round,0."))
    let lines = try place.graft(
      "classify", "tags.onnx", "photos/ring/1.png", "--json", "--threshold", "0.999")
    #expect(
      lines.out.hasPrefix(#"{"labels":[],"path":"photos/ring/1.png","predictions":[{"label":""#))
    for flags in [["--top", "2"], ["--min-confidence", "0.5"], ["--sort-into", "sorted"]] {
      expectFailure(
        try place.graft(["classify", "tags.onnx", "photos/ring"] + flags), 64,
        "\(flags[0]) is for models that say one class; tags says several labels")
    }
    #expect(!place.exists("sorted"))

    let evaluated = try place.graft("evaluate", "tags.onnx", "photos", "--labels", "tags.csv")
    #expect(evaluated.status == 0, "\(evaluated.err)")
    #expect(evaluated.out.hasPrefix("mean average precision "))
    let remembered = try place.graft("evaluate", "run", "photos")
    #expect(remembered.out == evaluated.out)
    expectFailure(
      try place.graft("evaluate", "tags.onnx", "photos"), 64,
      "tags.onnx says several labels; give those of the photos with --labels FILE.csv")
    #expect(
      try place.graft("inspect", "tags.onnx").out.contains(
        "\nends with      sigmoid\ntask           multi-label\n"))
  }

  @Test func numbers() throws {
    let run = try train("sizes.csv", "--regression", "run", ["--loss", "huber"])
    #expect(run.status == 0, "\(run.err)")
    #expect(run.err.hasPrefix("Data    photos: 40 photos, 1 value (grams)\n"))
    #expect(run.err.contains("        train 30 · validation 10 (as the CSV has it)\n"))
    #expect(run.out.contains(": validation R² "))
    #expect(run.out.contains("        value    MAE   RMSE "))
    let report = try #require(json("run/metrics.json")["regression"] as? [String: Any])
    #expect((report["perTarget"] as? [Any])?.count == 1 && report["photos"] as? Int == 10)
    #expect(place.text("run/val-predictions.csv").hasPrefix("path,grams,predicted grams\r\n"))
    let exported = try place.graft("export", "run", "-o", "grams.onnx")
    #expect(exported.out.contains(", 1 value, "))
    #expect(exported.out.contains("same answers as the model on 10/10 of 10 validation photos"))
    let csv = try place.graft("classify", "grams.onnx", "photos/ring", "-o", "-")
    #expect(csv.out.hasPrefix("path,grams,error\r\nphotos/ring/1.png,"))
    #expect(csv.err == "8 photos\n")
    let lines = try place.graft("classify", "grams.onnx", "photos/ring/1.png", "--json")
    #expect(
      lines.out.hasPrefix(#"{"path":"photos/ring/1.png","values":[{"label":"grams","value":"#))
    #expect(
      try place.graft("classify", "grams.onnx", "photos/ring/1.png").out.hasPrefix(
        "photos/ring/1.png  grams "))
    let evaluated = try place.graft("evaluate", "run", "photos", "--split", "val")
    #expect(evaluated.out.hasPrefix("R² "))
    expectFailure(
      try place.graft("export", "run", "-o", "l.onnx", "--output", "logits"), 64,
      "values have no logits; the file gives them as they are")
    expectFailure(
      try place.graft("classify", "grams.onnx", "photos/ring", "--threshold", "0.4"), 64,
      "--threshold is for models with several labels; grams is none")
  }

  /// On a network whose epochs take a while, so that the signal comes in the middle.
  @Test func goesOnWithTheSameBytes() throws {
    try place.addModel("slow.onnx", size: 128, width: 128)
    let words = [
      "finetune", "slow.onnx", "on", "photos", "--labels", "sizes.csv", "--regression", "--depth",
      "all", "--epochs", "6",
    ]
    let slowly = ["GRAFT_CPU": "portable"]
    let whole = try place.finish(
      place.begin(Workplace.graft, words + ["-o", "whole"], slowly))
    #expect(whole.status == 0, "\(whole.err)")
    let running = try place.begin(Workplace.graft, words + ["-o", "cut"], slowly)
    try running.waitForErrors("epoch 1/6")
    running.signal(SIGINT)
    let cut = try place.finish(running)
    try #require(cut.status == 130, "\(cut.err)")
    let rest = try place.graft("finetune", "--resume", "cut", environment: slowly)
    #expect(rest.status == 0, "\(rest.err)")
    for name in ["model.onnx", "val-predictions.csv", "split.csv"] {
      #expect(place.bytes("whole/\(name)") == place.bytes("cut/\(name)"), "\(name)")
    }
  }

  @Test func findsARateForThem() throws {
    let found = try place.graft(
      "lr-find", "tiny.onnx", "on", "photos", "--labels", "tags.csv", "--multi-label", "--depth",
      "head", "--steps", "30")
    #expect(found.status == 0, "\(found.err)")
    #expect(
      found.out.contains("No rate")
        || found.out.contains(" on photos --labels tags.csv --multi-label --depth head "))
  }

  @Test(arguments: [
    (["--multi-label"], "--multi-label takes what photos show from a CSV: --labels FILE.csv"),
    (["--regression"], "--regression takes what photos show from a CSV: --labels FILE.csv"),
    (
      ["--multi-label", "--labels-from-name", "(a)"],
      "--multi-label takes what photos show from a CSV: --labels FILE.csv"
    ),
    (
      ["--multi-label", "--regression", "--labels", "tags.csv"],
      "--multi-label and --regression exclude each other"
    ),
    (
      ["--multi-label", "--labels", "tags.csv", "--loss", "hinge"],
      "--loss hinge is not for --multi-label; expected sigmoid-cross-entropy"
    ),
    (
      ["--regression", "--labels", "sizes.csv", "--loss", "cross-entropy"],
      "--loss cross-entropy is not for --regression; expected half-squared-error, huber, mean-squared-error"
    ),
    (["--regression", "--labels", "sizes.csv", "--loss", "mse"], "no loss is called 'mse'"),
    (
      ["--multi-label", "--labels", "tags.csv", "--label-smoothing", "0.1"],
      "--label-smoothing spreads one label over all classes; with --multi-label there is none to spread"
    ),
    (
      ["--regression", "--labels", "sizes.csv", "--mix", "mixup"],
      "--mix mixes labels; with --regression there are none"
    ),
    (
      ["--labels", "tags.csv", "--label-delimiter", ";"],
      "--label-delimiter is for photos with several labels: --multi-label"
    ),
    (
      ["--label-delimiter", ";"],
      "--label-delimiter is for the labels of a CSV: --labels FILE.csv"
    ),
    (
      ["--multi-label", "--labels", "tags.csv", "--label-delimiter", ""],
      "--label-delimiter is empty; expected a character, such as ' '"
    ),
    (
      ["--regression", "--labels", "sizes.csv", "--label-delimiter", ";"],
      "--label-delimiter is for labels, not for --regression"
    ),
  ])
  func refusesWhatMakesNoSense(_ flags: [String], _ message: String) throws {
    expectFailure(
      try place.graft(["finetune", "tiny.onnx", "on", "photos"] + flags), 64, message)
  }
}
