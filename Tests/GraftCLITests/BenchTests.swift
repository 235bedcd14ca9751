import Foundation
import Testing

@Suite struct BenchTests {
  /// The names are those of other engines' scripts.
  @Test(arguments: [
    (["--batch", "2"], "infer", "inference", 2), (["--mode", "head"], "finetune", "head", 16),
    (["--mode", "block", "--batch", "4"], "finetune", "block", 4),
    (["--mode", "all", "--batch", "4", "--batch-norm", "frozen"], "finetune", "all", 4),
  ])
  func writesOneLineForPrograms(
    arguments: [String], what: String, mode: String, batch: Int
  ) throws {
    let place = try Workplace()
    try place.addModel()
    let found = try place.graft(
      ["bench", "tiny.onnx", "--seconds", "0.1", "--threads", "2", "--json", "--profile"]
        + arguments)
    #expect(found.status == 0, "\(found.err)")
    #expect(found.out.split(separator: "\n").count == 1)
    let line = try #require(JSONSerialization.jsonObject(with: found.output) as? [String: Any])
    #expect(line["what"] as? String == what)
    #expect(line["mode"] as? String == mode)
    #expect(line["engine"] as? String == "graft")
    #expect(line["arch"] as? String == "tiny")
    #expect(line["batch"] as? Int == batch)
    #expect(line["threads"] as? Int == 2)
    let rates = ["min", "img_s", "max"].compactMap { line[$0] as? Double }
    #expect(rates.count == 3 && rates[0] > 0 && rates == rates.sorted())
    #expect(try #require(line["peak_rss_mb"] as? Double) > 1)
    let steps = try #require(line["profile"] as? [[String: Any]])
    #expect(steps.contains { $0["opType"] as? String == "Conv" })
    #expect(steps.allSatisfy { ($0["forwardSeconds"] as? Double ?? 0) > 0 })
    let backward = steps.count { ($0["backwardSeconds"] as? Double ?? 0) > 0 }
    #expect((backward == 0) == (mode == "inference"))
  }

  @Test func showsWhereTheTimeGoes() throws {
    let place = try Workplace()
    let found = try place.graft(
      "bench", "resnet20", "--seconds", "0.1", "--profile", "--batch", "3")
    #expect(found.status == 0, "\(found.err)")
    #expect(found.err.contains("note: no file of resnet20 is here; its weights are random\n"))
    #expect(
      found.out.contains(
        #/\nall +[0-9.]+ +0\.000 +100\.0 % +[0-9.]+ +[0-9]+ % +[0-9.]+\n/#), "\(found.out)")
    #expect(found.out.contains(#/\npeak [0-9]+ GFLOP\/s, measured; Winograd counts as what /#))
    #expect(found.out.contains(#/\n[0-9.]+ photos\/s  \([0-9.]+–[0-9.]+ over [0-9]+ runs\)  /#))
    #expect(found.out.contains(#/\nresnet20, inference, [0-9]+ threads, [a-z0-9]+, peak memory /#))
  }

  @Test func timesPhotos() throws {
    let place = try Workplace()
    try place.addPhotos(count: 2)
    let found = try place.graft(
      "bench", "--photos", "photos", "--seconds", "0.1", "--threads", "2", "--size", "32", "--json",
      "--profile")
    #expect(found.status == 0, "\(found.err)")
    let line = try #require(JSONSerialization.jsonObject(with: found.output) as? [String: Any])
    #expect(line["what"] as? String == "decode")
    #expect(line["photos"] as? Int == 10)
    #expect(line["size"] as? Int == 32)
    #expect(line["threads"] as? Int == 2)
    let rates = ["min", "img_s", "max"].compactMap { line[$0] as? Double }
    #expect(rates.count == 3 && rates[0] > 0 && rates == rates.sorted())
    #expect(try #require(line["cpu_ms"] as? Double) > 0)
    let stages = try #require(line["stages"] as? [[String: Any]])
    #expect(stages.compactMap { $0["name"] as? String } == ["decode", "resize", "normalise"])

    let shown = try place.graft(
      "bench", "--photos", "photos", "--seconds", "0.1", "--threads", "1", "--profile"
    ).out
    #expect(shown.contains(#/^decode +[0-9.]+ ms a photo\nresize +[0-9.]+ ms a photo\n/#))
    #expect(
      shown.contains(#/\n[0-9.]+ photos\/s  \([0-9.]+–[0-9.]+ over [0-9]+ runs\)  [0-9.]+ ms/#))
    #expect(shown.contains(#/\n10 photos of [0-9]+ KiB to 224 x 224, 1 threads, peak memory /#))
  }

  @Test func refusesWhatCannotBeTimed() throws {
    let place = try Workplace()
    try place.addModel()
    expectFailure(
      try place.graft("bench", "tiny.onnx", "--batch", "0"), 64,
      "--batch is 0; expected 1 to 4096")
    expectFailure(
      try place.graft("bench", "tiny.onnx", "--seconds", "nan"), 64,
      "--seconds is nan; expected 0 to 86400")
    expectFailure(
      try place.graft("bench", "nothing"), 66, "'nothing' is not a model I know.")
    let neither = "expected either a model or --photos with a folder"
    expectFailure(try place.graft("bench"), 64, neither)
    expectFailure(try place.graft("bench", "tiny.onnx", "--photos", "."), 64, neither)
    expectFailure(
      try place.graft("bench", "--photos", "nowhere"), 66, "nowhere: no such file or folder")
    expectFailure(
      try place.graft("bench", "--photos", "tiny.onnx"), 65, "tiny.onnx: not an image")
  }
}
