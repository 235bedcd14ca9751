import Foundation
import Testing

/// Ctrl-C and SIGTERM.
@Suite struct InterruptionTests {
  /// Photos and a network that keeps a processor busy for seconds.
  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.addModel("slow.onnx", size: 128, width: 256)
    try place.addPhotos(count: 40)
    return place
  }

  private func begin(_ place: Workplace) throws -> Workplace.Running {
    let running = try place.begin(
      Workplace.graft,
      ["finetune", "slow.onnx", "on", "photos", "--epochs", "1", "--threads", "1"],
      ["GRAFT_CPU": "portable"])
    try running.waitForErrors("note: nothing says")
    return running
  }

  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
  func firstSignalEndsAfterTheStep(_ number: Int32, _ status: Int32) throws {
    let place = try place()
    let running = try begin(place)
    // Until the features of some photos are kept.
    for _ in 0..<2000 where place.bytesKept < 4096 && running.process.isRunning { usleep(10_000) }
    running.signal(number)
    let result = try place.finish(running)
    expectFailure(result, status, "stopped before the run was complete; nothing was written")
    #expect(
      result.err.contains(
        "  Features computed so far are kept: the same command goes on from there.\n"))
    #expect(place.names(in: "runs").isEmpty)
    // On the same instructions: features of others are not mixed with them.
    let again = try place.graft(
      "finetune", "slow.onnx", "on", "photos", "--epochs", "1",
      environment: ["GRAFT_CPU": "portable"])
    #expect(again.status == 0)
    #expect(again.err.contains(/features  \d+ of 200 kept from an earlier run/))
  }

  @Test func secondSignalEndsAtOnce() throws {
    let place = try place()
    let running = try begin(place)
    usleep(300_000)
    running.signal(SIGINT)
    usleep(20_000)
    running.signal(SIGINT)
    let result = try place.finish(running)
    #expect(result.status == 130)
    #expect(place.names(in: "runs").isEmpty)
  }

  @Test func classifyWritesTheRowsSoFar() throws {
    let place = try place()
    try place.write("a\nb\nc\n", to: "labels.txt")
    let running = try place.begin(
      Workplace.graft,
      [
        "classify", "slow.onnx", "photos", "--labels", "labels.txt", "-o", "out.csv", "--no-cache",
        "--threads", "1",
      ], ["GRAFT_CPU": "portable"])
    try running.waitForErrors("note: nothing says")
    usleep(400_000)
    running.signal(SIGINT)
    let result = try place.finish(running)
    #expect(result.status == 130)
    #expect(result.errorLines.count == 1)
    #expect(place.text("out.csv").hasPrefix("path,label,probability,error\r\n"))
  }
}

extension Workplace {
  /// Bytes in the cache of features.
  fileprivate var bytesKept: Int {
    let folder = path + "/home/cache"
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return names.reduce(0) { sum, name in
      let facts = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
      let isFile = facts?[.type] as? FileAttributeType == .typeRegular
      return sum + (isFile ? (facts?[.size] as? Int ?? 0) : 0)
    }
  }
}
