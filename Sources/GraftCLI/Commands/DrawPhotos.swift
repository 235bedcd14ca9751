import ArgumentParser
import Foundation
import Graft

/// `graft draw-photos <folder>`: a small set of labelled pictures for a first try.
struct DrawPhotos: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "draw-photos",
    abstract: "Draw a folder of labelled pictures to try graft on.", shouldDisplay: false)

  @Argument(help: "The folder, which must not exist.")
  var folder: String

  @Option(parsing: .unconditional, help: "Pictures of each class.")
  var count: Int = 100

  @Option(parsing: .unconditional, help: "Another seed draws other pictures.")
  var seed: UInt64 = 1

  func validate() throws {
    guard (1...100_000).contains(count) else {
      throw ValidationError("--count is \(count); expected 1 to 100000")
    }
  }

  func run() throws {
    guard !FileManager.default.fileExists(atPath: folder) else {
      throw GraftError("\(folder): there is such a folder already", kind: .cannotCreate)
    }
    for (index, kind) in DrawnShape.allCases.enumerated() {
      let place = FilePath(folder).appending(kind.rawValue)
      try FileManager.default.createDirectory(
        atPath: place.string, withIntermediateDirectories: true)
      for number in 0..<count {
        var generator = SeededGenerator(seed, index, number)
        let image = kind.picture(side: 64, using: &generator)
        do {
          try PNGWriter.write(image, to: place.appending("\(number + 1).png"))
        } catch {
          throw GraftError(error)
        }
      }
    }
    try Output.standard.line(
      "\(folder): \(DrawnShape.allCases.count) classes of \(count) pictures")
  }
}
