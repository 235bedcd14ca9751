/// Simple shapes, drawn so that colour and place say nothing: pictures to try graft on.
public enum DrawnShape: String, CaseIterable, Sendable {
  case circle, ring, square, star, triangle

  /// A picture of the shape somewhere, turned and sized at random, over a shaded background with
  /// noise.
  public func picture(side: Int, using generator: inout SeededGenerator) -> Image {
    let canvas = Canvas(side: side, using: &generator)
    var pixels = [UInt8](repeating: 0, count: side * side * 3)
    for y in 0..<side {
      for x in 0..<side {
        let coverage = coverage(x, y, canvas)
        for channel in 0..<3 {
          let background = canvas.background(x, y, channel)
          let value = background + (canvas.ink[channel] - background) * coverage
          let noisy = value + 10 * generator.normal()
          pixels[(y * side + x) * 3 + channel] = UInt8(min(max(noisy, 0), 255))
        }
      }
    }
    return Image(width: side, height: side, pixels: pixels)
  }

  /// How much of a pixel the shape covers, by four samples.
  private func coverage(_ x: Int, _ y: Int, _ canvas: Canvas) -> Float {
    var inside = 0
    for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] as [(Float, Float)] {
      let (u, v) = canvas.local(Float(x) + dx, Float(y) + dy)
      inside += contains(u, v) ? 1 : 0
    }
    return Float(inside) / 4
  }

  /// Is a point inside the shape of radius 1 round the origin?
  private func contains(_ u: Float, _ v: Float) -> Bool {
    let radius = (u * u + v * v).squareRoot()
    switch self {
    case .circle: return radius < 0.85
    case .ring: return radius < 0.95 && radius > 0.6
    case .square: return max(abs(u), abs(v)) < 0.75
    case .triangle: return Polygon.triangle.contains(u, v)
    case .star: return Polygon.star.contains(u, v)
    }
  }
}

/// Where a shape stands, and in which colours.
private struct Canvas {
  let ink: [Float]
  private let paper: [Float]
  private let shade: (x: Float, y: Float)
  private let side: Float
  private let centre: (x: Float, y: Float)
  private let size: Float
  private let turn: (cosine: Float, sine: Float)

  init(side: Int, using generator: inout SeededGenerator) {
    self.side = Float(side)
    func between(_ low: Float, _ high: Float, _ generator: inout SeededGenerator) -> Float {
      low + (high - low) * generator.uniform()
    }
    paper = (0..<3).map { _ in between(20, 235, &generator) }
    // At least 70 levels from the paper on average, whatever side has room.
    let isLighter = paper.reduce(0, +) < 3 * 128
    ink = paper.map { level in
      isLighter
        ? between(min(level + 70, 230), 255, &generator)
        : between(0, max(level - 70, 25), &generator)
    }
    shade = (between(-40, 40, &generator), between(-40, 40, &generator))
    size = between(0.24, 0.42, &generator) * Float(side)
    centre = (
      between(0.42, 0.58, &generator) * Float(side), between(0.42, 0.58, &generator) * Float(side)
    )
    // A rational point of the unit circle: no trigonometry, the same on every machine.
    let t = between(-1, 1, &generator)
    turn = ((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t))
  }

  func background(_ x: Int, _ y: Int, _ channel: Int) -> Float {
    paper[channel] + shade.x * (Float(x) / side - 0.5) + shade.y * (Float(y) / side - 0.5)
  }

  /// A point in the shape's own system, where its radius is 1.
  func local(_ x: Float, _ y: Float) -> (Float, Float) {
    let (dx, dy) = ((x - centre.x) / size, (y - centre.y) / size)
    return (turn.cosine * dx + turn.sine * dy, turn.cosine * dy - turn.sine * dx)
  }
}

/// A polygon round the origin.
private struct Polygon {
  let corners: [(Float, Float)]

  static let triangle = Polygon(corners: [(0, -1), (0.866, 0.5), (-0.866, 0.5)])
  /// Five points, inner radius 0.42.
  static let star = Polygon(corners: [
    (0, -1), (0.247, -0.34), (0.951, -0.309), (0.399, 0.13), (0.588, 0.809),
    (0, 0.42), (-0.588, 0.809), (-0.399, 0.13), (-0.951, -0.309), (-0.247, -0.34),
  ])

  /// Even-odd rule: a ray to the right crosses the outline an odd number of times.
  func contains(_ x: Float, _ y: Float) -> Bool {
    var isInside = false
    var (px, py) = corners[corners.count - 1]
    for (qx, qy) in corners {
      if (qy > y) != (py > y), x < (px - qx) * (y - qy) / (py - qy) + qx { isInside.toggle() }
      (px, py) = (qx, qy)
    }
    return isInside
  }
}
