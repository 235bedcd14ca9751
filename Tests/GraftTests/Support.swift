import Foundation
import Graft
import GraftONNX
import GraftTestSupport

/// A folder for one test, removed with the value.
final class TemporaryFolder {
  let path: FilePath

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "graft-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = FilePath(url.path(percentEncoded: false))
  }

  deinit { try? FileManager.default.removeItem(atPath: path.string) }

  /// A tiny network with random weights that takes 16x16 photos.
  func tinyModel(_ name: String = "tiny.onnx") throws -> FilePath {
    let file = path.appending(name)
    try ONNXWriter.write(ONNXModel.tinyClassifier(size: 16, width: 6), to: file)
    return file
  }

  /// Photos of drawn shapes, a folder for each of the first classes.
  func photos(classes: Int = 3, count: Int = 12) throws -> FilePath {
    let root = path.appending("photos")
    for (index, shape) in DrawnShape.allCases.prefix(classes).enumerated() {
      let folder = root.appending(shape.rawValue)
      try FileManager.default.createDirectory(
        atPath: folder.string, withIntermediateDirectories: true)
      for number in 0..<count {
        var generator = SeededGenerator(1, index, number)
        try PNGWriter.write(
          shape.picture(side: 24, using: &generator), to: folder.appending("\(number).png"))
      }
    }
    return root
  }

  /// Bytes of a file.
  static func size(ofFile path: FilePath) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path.string)
    return (attributes?[.size] as? NSNumber)?.intValue ?? 0
  }

  /// Bytes of all files below a folder.
  static func size(of folder: FilePath) -> Int {
    let files = FileManager.default.enumerator(atPath: folder.string)
    return (files?.allObjects ?? []).reduce(0) { sum, name in
      let path = folder.appending("\(name)").string
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      guard attributes?[.type] as? FileAttributeType == .typeRegular else { return sum }
      return sum + ((attributes?[.size] as? NSNumber)?.intValue ?? 0)
    }
  }
}
