import Foundation
import Testing

/// A folder of its own for one test, in which an example runs as people run it.
final class Workplace {
  let path = NSTemporaryDirectory() + "graft-examples-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Runs a program beside the test bundle to its end, and gives the lines it prints.
  func run(_ name: String, _ arguments: String...) throws -> [String] {
    try run(name, arguments)
  }

  func run(_ name: String, _ arguments: [String]) throws -> [String] {
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let process = Process()
    process.executableURL = bundle.appendingPathComponent(name)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    let file = "\(path)/\(UUID().uuidString).out"
    _ = FileManager.default.createFile(atPath: file, contents: nil)
    process.standardOutput = FileHandle(forWritingAtPath: file)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(name) \(arguments)")
    return try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  func text(_ name: String) throws -> String {
    try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
  }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(path)/\(name)")
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/\(name)")
  }

  /// A folder `mnist` with so many made digits for training, and half as many for the test: digit d is
  /// a bar in a place of its own, in noise.
  func writeDigits(_ count: Int) throws {
    try FileManager.default.createDirectory(
      atPath: "\(path)/mnist", withIntermediateDirectories: true)
    for (part, count) in [("train", count), ("t10k", count / 2)] {
      let labels = (0..<count).map { UInt8($0 * 7 % 10) }
      var state: UInt32 = part == "train" ? 1 : 2
      let images = labels.flatMap { label in
        (0..<784).map { pixel -> UInt8 in
          state = state &* 1_664_525 &+ 1_013_904_223
          let (row, column) = (pixel / 28, pixel % 28)
          let isBar =
            label < 5
            ? (row / 5 == Int(label) && (4..<24).contains(column))
            : (column / 5 == Int(label) - 5 && (4..<24).contains(row))
          return UInt8(state >> 26) + (isBar ? 190 : 0)
        }
      }
      try write(
        [0, 0, 8, 3] + big(count) + big(28) + big(28) + images, "\(part)-images-idx3-ubyte")
      try write([0, 0, 8, 1] + big(count) + labels, "\(part)-labels-idx1-ubyte")
    }
  }

  private func big(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  private func write(_ bytes: [UInt8], _ name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/mnist/\(name)"))
  }
}

/// The numbers in a line, in their order.
func numbers(in line: String) -> [Double] {
  line.split { !"0123456789.-".contains($0) }.compactMap { Double($0) }
}
