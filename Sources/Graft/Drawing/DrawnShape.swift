/// Simple shapes, drawn so that colour and place say nothing: pictures to try graft on.
public enum DrawnShape: String, CaseIterable, Sendable {
  case circle, ring, square, star, triangle

  /// A picture of the shape somewhere, turned and sized at random, over a shaded background with
  /// noise.
  public func picture(side: Int, using generator: inout SeededGenerator) -> Image {
    Image(drawing: contains, side: side, using: &generator)
  }

  /// Is a point inside the shape, which lies within radius 1 round the origin?
  private func contains(_ u: Float, _ v: Float) -> Bool {
    let radius = (u * u + v * v).squareRoot()
    return switch self {
    case .circle: radius < 0.85
    case .ring: radius < 0.95 && radius > 0.6
    case .square: max(abs(u), abs(v)) < 0.75
    case .triangle: Polygon.triangle.contains(u, v)
    case .star: Polygon.star.contains(u, v)
    }
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
