import Foundation
import GraftONNX
import GraftTestSupport
import SystemPackage
import Testing

/// What a run of `graft` came to.
struct CommandResult {
  var status: Int32
  var output: Data
  var errors: Data

  var out: String { String(decoding: output, as: UTF8.self) }
  var err: String { String(decoding: errors, as: UTF8.self) }

  /// The lines on standard error that begin with `error:`.
  var errorLines: [String] {
    err.split(separator: "\n").map(String.init).filter { $0.hasPrefix("error:") }
  }
}

/// A folder of its own for one test, in which `graft` runs as people run it.
final class Workplace {
  let path: String
  private let timeLimit: Double = 120

  init() throws {
    path = NSTemporaryDirectory() + "graft-cli-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: path + "/home", withIntermediateDirectories: true)
  }

  deinit {
    _ = try? Self.start("/bin/chmod", ["-R", "u+rwX", path], in: "/", [:]).waitUntilExit()
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The command line beside the test bundle, or the one that `GRAFT_BINARY` names.
  static let graft: String = {
    if let given = ProcessInfo.processInfo.environment["GRAFT_BINARY"] { return given }
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    return bundle.appendingPathComponent("graft").path
  }()

  /// Runs `graft` to its end.
  @discardableResult
  func graft(_ arguments: [String]) throws -> CommandResult {
    try finish(begin(Self.graft, arguments, [:]))
  }

  func graft(_ arguments: String..., environment: [String: String] = [:]) throws -> CommandResult {
    try finish(begin(Self.graft, arguments, environment))
  }

  /// Runs a line of shell, in which `$GRAFT` is the command.
  func shell(_ line: String, environment: [String: String] = [:]) throws -> CommandResult {
    try finish(begin("/bin/bash", ["-c", line], environment))
  }

  // MARK: - Processes

  struct Running {
    let process: Process
    let outPath: String
    let errPath: String
    var errors: String { (try? String(contentsOfFile: errPath, encoding: .utf8)) ?? "" }

    func waitForErrors(_ text: String) throws {
      for _ in 0..<3000 where !errors.contains(text) && process.isRunning { usleep(10_000) }
      try #require(errors.contains(text), "\(errors)")
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }
  }

  func begin(
    _ executable: String, _ arguments: [String], _ environment: [String: String] = [:]
  ) throws -> Running {
    let name = path + "/home/" + UUID().uuidString
    let (out, err) = (name + ".out", name + ".err")
    for file in [out, err] { _ = FileManager.default.createFile(atPath: file, contents: nil) }
    let base = [
      "HOME": path + "/home", "GRAFT_CACHE": path + "/home/cache", "PATH": "/usr/bin:/bin",
      "GRAFT": Self.graft, "LC_ALL": "C.UTF-8", "GRAFT_OFFLINE": "1",
    ]
    let process = try Self.start(
      executable, arguments, in: path, base.merging(environment) { $1 },
      out: try #require(FileHandle(forWritingAtPath: out)),
      err: try #require(FileHandle(forWritingAtPath: err)))
    return Running(process: process, outPath: out, errPath: err)
  }

  func finish(_ running: Running) throws -> CommandResult {
    let end = Date(timeIntervalSinceNow: timeLimit)
    while running.process.isRunning, Date() < end { usleep(2_000) }
    if running.process.isRunning {
      running.signal(SIGKILL)
      Issue.record("did not end within \(timeLimit) s")
    }
    running.process.waitUntilExit()
    let crashed = running.process.terminationReason == .uncaughtSignal
    return CommandResult(
      status: running.process.terminationStatus + (crashed ? 1000 : 0),
      output: FileManager.default.contents(atPath: running.outPath) ?? Data(),
      errors: FileManager.default.contents(atPath: running.errPath) ?? Data())
  }

  private static func start(
    _ executable: String, _ arguments: [String], in folder: String,
    _ environment: [String: String], out: FileHandle = .standardOutput,
    err: FileHandle = .standardError
  ) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = out
    process.standardError = err
    try process.run()
    return process
  }

  // MARK: - Files

  /// `tiny.onnx`, a network of three classes that takes 32x32 photos.
  func addModel(_ name: String = "tiny.onnx", size: Int = 32, width: Int = 16) throws {
    try ONNXWriter.write(
      .tinyClassifier(size: size, width: width), to: FilePath(path + "/" + name))
  }

  /// A folder of drawn pictures in five classes.
  func addPhotos(_ name: String = "photos", count: Int = 8) throws {
    let drawn = try graft("draw-photos", name, "--count", "\(count)")
    try #require(drawn.status == 0, "\(drawn.err)")
  }

  /// `pets.onnx`, trained on `photos`, and the run folder `run`.
  func addTrainedModel() throws {
    try addModel()
    try addPhotos()
    let trained = try graft("finetune", "tiny.onnx", "on", "photos", "-o", "run", "--epochs", "3")
    try #require(trained.status == 0, "\(trained.err)")
    let exported = try graft("export", "run", "-o", "pets.onnx")
    try #require(exported.status == 0, "\(exported.err)")
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  func bytes(_ name: String) -> Data? { FileManager.default.contents(atPath: path + "/" + name) }

  func text(_ name: String) -> String { String(decoding: bytes(name) ?? Data(), as: UTF8.self) }

  func names(in folder: String = ".") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)) ?? []).sorted()
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }
}

/// Checks what every failure has in common: the exit code, and exactly one line that says `error:`
/// of at most 400 characters without control characters.
func expectFailure(
  _ result: CommandResult, _ status: Int32, _ message: String? = nil,
  at location: SourceLocation = #_sourceLocation
) {
  #expect(result.status == status, "\(result.err)", sourceLocation: location)
  #expect(result.errorLines.count == 1, "\(result.err)", sourceLocation: location)
  let line = result.errorLines.first ?? ""
  #expect(line.hasPrefix("error: "), sourceLocation: location)
  #expect(line.count <= 400, sourceLocation: location)
  #expect(
    !result.err.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x7F },
    sourceLocation: location)
  if let message { #expect(line == "error: " + message, sourceLocation: location) }
}

extension Workplace {
  /// `lstm.onnx`, a recurrent network, which graft does not train.
  func addRecurrentModel() throws {
    var builder = ModelBuilder(opset: 12)
    builder.input("image", [-1, 3, 32])
    builder.weights("w", [1, 16, 32])
    builder.weights("r", [1, 16, 4])
    builder.node("LSTM", ["image", "w", "r"], ["y"], ["hidden_size": 4])
    builder.model.graph.nodes[0].name = "rnn_3"
    builder.output("y", [-1, 1, 1, 4])
    try ONNXWriter.write(builder.model, to: FilePath(path + "/lstm.onnx"))
  }
}
