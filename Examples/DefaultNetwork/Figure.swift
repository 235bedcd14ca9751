import Foundation
import Graft

/// Figures to learn outlines, corners and curves from. None of them is a ``DrawnShape``: those stay
/// new to the network, for the demo.
enum Figure: String, CaseIterable {
  case astroid, bar, crescent, cross, dots, ellipse, frame, halfDisc = "half disc", heart, hexagon

  /// Is a point inside the figure, which lies within radius 1 round the origin?
  func contains(_ u: Float, _ v: Float) -> Bool {
    let (x, y) = (abs(u), abs(v))
    let square = u * u + v * v
    switch self {
    case .astroid: return x.squareRoot() + y.squareRoot() < 1
    case .bar: return x < 0.95 && y < 0.25
    case .crescent: return square < 0.9 && (u - 0.45) * (u - 0.45) + v * v > 0.5
    case .cross: return max(x, y) < 0.9 && min(x, y) < 0.27
    case .dots: return (x - 0.55) * (x - 0.55) + v * v < 0.14
    case .ellipse: return square + 2.2 * v * v < 0.9
    case .frame: return max(x, y) < 0.72 && max(x, y) > 0.45
    case .halfDisc: return square < 0.95 && v > -0.1
    case .heart:
      let (p, q) = (1.25 * u, -1.25 * v)
      let r = p * p + q * q - 1
      return r * r * r < p * p * q * q * q
    case .hexagon: return y < 0.78 && 0.866 * x + 0.5 * y < 0.78
    }
  }

  /// Draws so many PNG files of each figure, those that are not there yet; the label of a figure is
  /// its place in the alphabet.
  static func draw(_ count: Int, seed: UInt64, into folder: FilePath) throws -> [Sample] {
    var samples: [Sample] = []
    for (label, figure) in allCases.enumerated() {
      let place = folder.appending(figure.rawValue)
      try FileManager.default.createDirectory(
        atPath: place.string, withIntermediateDirectories: true)
      for number in 0..<count {
        let path = place.appending("\(number).png")
        samples.append(Sample(path: path, label: label))
        guard !FileManager.default.fileExists(atPath: path.string) else { continue }
        var generator = SeededGenerator(seed, 100 + label, number)
        try PNGWriter.write(Image(drawing: figure.contains, side: 64, using: &generator), to: path)
      }
    }
    return samples
  }
}
