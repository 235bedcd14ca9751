import Foundation
import Testing

/// The main job, word for word as a person types it.
@Suite struct FinetuneTests {
  @Test func mainJob() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos()
    let run = try place.graft("finetune", "tiny.onnx", "on", "photos")
    #expect(run.status == 0, "\(run.err)")
    #expect(run.err.hasPrefix("Data    photos: 40 photos, 5 classes (circle 8, ring 8, "))
    #expect(run.err.contains("\nModel   tiny  new head at "))
    #expect(run.err.contains("\nfeatures  40/40  "))
    #expect(run.err.contains("\nhead      "))
    #expect(run.out.contains("Best    epoch "))
    #expect(run.out.contains("\nWrote   runs/photos-tiny-1   model.onnx (same answers as here on "))
    #expect(run.out.contains("\nNext    graft classify runs/photos-tiny-1 new-photos/\n"))
    #expect(
      place.names(in: "runs/photos-tiny-1") == [
        "curves.svg", "epochs.csv", "metrics.json", "model.onnx", "run.json", "skipped.csv",
        "split.csv",
        "val-predictions.csv",
      ])

    let again = try place.graft("finetune", "tiny.onnx", "photos")
    #expect(again.err.contains("features  40 photos, all kept from an earlier run\n"))
    #expect(place.names(in: "runs") == ["photos-tiny-1", "photos-tiny-2"])
    for name in ["model.onnx", "epochs.csv", "split.csv", "val-predictions.csv"] {
      #expect(
        place.bytes("runs/photos-tiny-1/\(name)") == place.bytes("runs/photos-tiny-2/\(name)"),
        "\(name)")
    }
    #expect(try metrics(place, 1) == metrics(place, 2))

    let exported = try place.graft("export", "runs/photos-tiny-1", "-o", "pets.onnx")
    #expect(exported.status == 0, "\(exported.err)")
    #expect(exported.out.contains("pets.onnx"))
    let classified = try place.graft("classify", "pets.onnx", "photos/ring")
    #expect(classified.status == 0)
    #expect(classified.out.split(separator: "\n").count == 8)
    #expect(classified.err.hasPrefix("8 photos: "))
  }

  /// Everything that is measured but how long it took.
  private func metrics(_ place: Workplace, _ number: Int) throws -> NSDictionary {
    let data = try #require(place.bytes("runs/photos-tiny-\(number)/metrics.json"))
    var json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    json["timings"] = nil
    return NSDictionary(dictionary: json)
  }

  @Test func sameSeedSameBytesWithoutCacheAndWithOtherThreads() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos()
    for (name, threads) in [("a", "1"), ("b", "2")] {
      let run = try place.graft(
        "finetune", "tiny.onnx", "on", "photos", "-o", name, "--threads", threads, "--no-cache")
      #expect(run.status == 0, "\(run.err)")
    }
    #expect(place.bytes("a/model.onnx") == place.bytes("b/model.onnx"))
    #expect(place.names(in: "home").allSatisfy { $0 != "cache" })
  }

  @Test func headAtTheMinimumOfItsLoss() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos()
    for name in ["a", "b"] {
      let run = try place.graft(
        "finetune", "tiny.onnx", "on", "photos", "--depth", "head", "--optimizer", "lbfgs",
        "--weight-decay", "1", "--epochs", "500", "--patience", "500", "-o", name)
      #expect(run.status == 0, "\(run.err)")
      #expect(!run.err.contains("stopped"))
      #expect(run.out.contains("Best    epoch "))
    }
    #expect(place.bytes("a/model.onnx") == place.bytes("b/model.onnx"))
    let data = try #require(place.bytes("a/metrics.json"))
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let epochs = try #require(json["epochs"] as? [[String: Any]])
    let losses = epochs.compactMap { $0["trainingLoss"] as? Double }
    #expect((3..<500).contains(losses.count))
    #expect(losses.last! < losses[0])
  }

  @Test func mixedBelowTheHead() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos()
    for (name, mixing) in [
      ("a", "mixup:0.2,cutmix:1"), ("b", "mixup:0.2,cutmix:1"), ("c", "mixup"),
    ] {
      let run = try place.graft(
        "finetune", "tiny.onnx", "on", "photos", "--depth", "all", "--epochs", "2", "--mix",
        mixing, "-o", name)
      #expect(run.status == 0, "\(run.err)")
    }
    #expect(place.bytes("a/epochs.csv") == place.bytes("b/epochs.csv"))
    #expect(place.bytes("a/epochs.csv") != place.bytes("c/epochs.csv"))
  }

  @Test func json() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos()
    let run = try place.graft("finetune", "tiny.onnx", "on", "photos", "--json")
    let json = try JSONSerialization.jsonObject(with: run.output) as? [String: Any]
    #expect(Set(try #require(json).keys) == ["run", "report", "check"])
    #expect(json?["run"] as? String == "runs/photos-tiny-1")
  }

  @Test func folderCalledOn() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos("on")
    for (number, words) in [["./on"], ["on", "./on"], ["on", "on"]].enumerated() {
      let line = "\"$GRAFT\" finetune tiny.onnx \(words.joined(separator: " ")) -o run\(number)"
      #expect(try place.shell(line).status == 0)
    }
  }

  @Test func nothingIsOverwritten() throws {
    let place = try Workplace()
    try place.addTrainedModel()
    let before = place.bytes("run/model.onnx")
    expectFailure(
      try place.graft("finetune", "tiny.onnx", "on", "photos", "-o", "run"), 73,
      "run: there is such a folder already; graft overwrites nothing.")
    #expect(place.bytes("run/model.onnx") == before)
    let forced = try place.graft(
      "finetune", "tiny.onnx", "on", "photos", "-o", "run", "--force", "--seed", "7")
    #expect(forced.status == 0)
    #expect(place.bytes("run/model.onnx") != before)

    expectFailure(
      try place.graft("export", "run", "-o", "pets.onnx"), 73,
      "pets.onnx: there is such a file already; graft overwrites nothing.")
    #expect(try place.graft("export", "run", "-o", "pets.onnx", "--force").status == 0)
    try place.write("mine", to: "out.csv")
    expectFailure(
      try place.graft("classify", "pets.onnx", "photos", "-o", "out.csv"), 73,
      "out.csv: there is such a file already; graft overwrites nothing.")
    #expect(place.text("out.csv") == "mine")
    #expect(
      try place.graft("classify", "pets.onnx", "photos", "-o", "out.csv", "--force").status == 0)
  }

  @Test func evaluateAndInspect() throws {
    let place = try Workplace()
    try place.addTrainedModel()
    let evaluated = try place.graft("evaluate", "pets.onnx", "photos")
    #expect(evaluated.status == 0)
    #expect(evaluated.out.contains(/accuracy \d+\.\d % \(\d+ of 40; 95 % interval/))
    let json = try place.graft("evaluate", "pets.onnx", "photos", "--json")
    #expect(try JSONSerialization.jsonObject(with: json.output) is [String: Any])
    expectFailure(
      try place.graft("evaluate", "pets.onnx", "photos", "--split", "test"), 66,
      "photos: the folder has no part 'test'")

    let inspected = try place.graft("inspect", "pets.onnx").out
    #expect(inspected.hasPrefix("pets: "))
    #expect(inspected.contains("\nlabels         circle, ring, square, star, triangle\n"))
    #expect(try place.graft("inspect", "pets.onnx", "--plan").out.contains("memory  activations"))
    let summary = try place.graft("inspect", "pets.onnx", "--json")
    let keys = try JSONSerialization.jsonObject(with: summary.output) as? [String: Any]
    #expect(keys?["inputShape"] as? [Int] == [3, 32, 32])
    let models = try place.graft("models")
    #expect(models.out.contains("\nvgg16 "))
    #expect(try JSONSerialization.jsonObject(with: place.graft("models", "--json").output) is [Any])
  }

  @Test func progressOnATerminal() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos()
    try #require(FileManager.default.fileExists(atPath: "/usr/bin/script"))
    let run = try place.shell("script -qec '\"$GRAFT\" finetune tiny.onnx on photos' /dev/null")
    #expect(run.status == 0)
    #expect(run.out.contains("\r\u{1B}[K"))
    #expect(run.out.contains("40/40 ━━━━━━━━━━━━━━━━━━━━ "))
    let plain = try place.graft("finetune", "tiny.onnx", "on", "photos", "--no-cache")
    #expect(!plain.err.contains("\u{1B}") && !plain.err.contains("\r"))
    #expect(run.err.contains("kept for next time") || run.out.contains("kept for next time"))
    #expect(plain.err.contains("\nPlan    1 features of 40 photos\n"))
    #expect(plain.err.split(separator: "\n").filter { $0.hasPrefix("head") }.count == 1)
  }
}
