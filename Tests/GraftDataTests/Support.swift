import Foundation
import GraftData
import SystemPackage
import Testing

/// The images that `Tests/Fixtures/images/make_images.py` drew and what Pillow read from them.
enum Fixtures {
  static let images = FilePath(#filePath)
    .removingLastComponent().removingLastComponent().appending("Fixtures").appending("images")

  static func names(in folder: String, suffix: String) -> [String] {
    let path = images.appending(folder).string
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(suffix) }.sorted()
  }

  /// Width and height as little-endian 32-bit numbers, then RGB.
  static func rgb(_ folder: String, _ name: String) throws -> Image {
    let path = images.appending(folder).appending(name)
    let bytes = Array(try Data(contentsOf: URL(filePath: path.string)))
    func number(_ offset: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
    return Image(width: number(0), height: number(4), pixels: Array(bytes[8...]))
  }
}

/// The largest difference between two images of the same size; `nil` where sizes differ.
func difference(_ a: Image, _ b: Image) -> Int? {
  guard a.width == b.width, a.height == b.height else { return nil }
  return zip(a.pixels, b.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
}

/// Where real data lies, told by the environment; tests on it run only where it is told.
enum RealData {
  static let root = ProcessInfo.processInfo.environment["GRAFT_DATA"]
  static var isGiven: Bool { root != nil }

  static func folder(_ path: String) throws -> FilePath {
    let folder = FilePath(try #require(root)).appending(path)
    try #require(FileManager.default.fileExists(atPath: folder.string), "\(folder) is missing")
    return folder
  }

  static func files(_ path: String) throws -> [FilePath] {
    let folder = try folder(path)
    return try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
      .map { folder.appending($0) }
  }
}

/// A folder of its own for one test, removed afterwards.
final class TemporaryFolder {
  let path: FilePath

  init() throws {
    let name = "graft-data-" + UUID().uuidString
    path = FilePath(FileManager.default.temporaryDirectory.path).appending(name)
    try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path.string) }

  @discardableResult
  func write(_ relative: String, _ bytes: some Sequence<UInt8>) throws -> FilePath {
    let file = path.appending(relative)
    let folder = file.removingLastComponent().string
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: file.string))
    return file
  }

  @discardableResult
  func write(_ relative: String, _ text: String) throws -> FilePath {
    try write(relative, Array(text.utf8))
  }

  @discardableResult
  func makeFolder(_ relative: String) throws -> FilePath {
    let folder = path.appending(relative)
    try FileManager.default.createDirectory(
      atPath: folder.string, withIntermediateDirectories: true)
    return folder
  }

  func link(_ relative: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: path.appending(relative).string, withDestinationPath: target)
  }
}

/// The error that the body throws.
func failure(_ body: () throws -> Void) -> DataError? {
  do {
    try body()
    return nil
  } catch {
    return error as? DataError
  }
}

/// A small PNG, of a colour of its own for each number.
func smallPNG(_ number: Int, width: Int = 3, height: Int = 2) throws -> [UInt8] {
  let color = [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8), 7]
  let pixels = (0..<width * height).flatMap { _ in color }
  return try PNGWriter.encode(Image(width: width, height: height, pixels: pixels))
}
