public import GraftTensor

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The picture bent like rubber: each pixel moves by a random distance, neighbours alike.
///
/// Distances in x and y are uniform noise in -1 to 1, smoothed by a Gaussian of deviation `sigma`
/// and multiplied by `alpha`. Both are in pixels of a picture whose shorter side is 28, and are
/// scaled so that a larger picture is bent into the same shapes. Source: Simard, Steinkraus and
/// Platt, "Best practices for convolutional neural networks applied to visual document analysis",
/// ICDAR 2003: σ = 4, α = 34 on MNIST.
public struct ElasticDeformation: Augmentation {
  /// How far each pixel looks, row by row.
  public struct Field: Hashable, Sendable {
    /// To the right, in pixels.
    public var x: [Float]
    /// Down, in pixels.
    public var y: [Float]

    /// - Precondition: as many distances across as down.
    public init(x: [Float], y: [Float]) {
      precondition(x.count == y.count, "\(x.count) distances across, \(y.count) down")
      self.x = x
      self.y = y
    }
  }

  /// Strength.
  public var alpha: Double
  /// Smoothness.
  public var sigma: Double
  /// What comes from beyond the edge.
  public var border: Border

  /// - Parameters:
  ///   - alpha: strength.
  ///   - sigma: smoothness.
  ///   - border: what comes from beyond the edge.
  public init(alpha: Double = 34, sigma: Double = 4, border: Border = .nearest) {
    self.alpha = alpha
    self.sigma = sigma
    self.border = border
  }

  /// The distances, one for each pixel.
  public func draw(width: Int, height: Int, using generator: inout SeededGenerator) -> Field {
    let zoom = Double(min(width, height)) / 28
    func plane() -> [Float] {
      let noise = (0..<width * height).map { _ in 2 * generator.uniform() - 1 }
      // A Gaussian `zoom` times as wide averages more noise: its mean is 1 / zoom as large, and is to
      // be zoom times as large.
      let strength = Float(alpha * zoom * zoom)
      return Self.smoothed(noise, width: width, height: height, sigma: sigma * zoom)
        .map { strength * $0 }
    }
    return Field(x: plane(), y: plane())
  }

  /// Bends.
  public func apply(_ field: Field, to image: Image) -> Image {
    let width = image.width
    return image.sampled(border: border) { x, y in
      let index = y * width + x
      return (
        Double(x) + 0.5 + Double(field.x[index]), Double(y) + 0.5 + Double(field.y[index])
      )
    }
  }

  /// Bends one plane of numbers, such as the ink of a digit; beyond the edge it is 0.
  ///
  /// - Precondition: a number and a distance for each pixel.
  public func apply(_ field: Field, toPlane plane: [Float], width: Int, height: Int) -> [Float] {
    precondition(
      plane.count == width * height && field.x.count == plane.count,
      "\(plane.count) numbers and \(field.x.count) distances for \(width) x \(height)")
    func value(_ x: Int, _ y: Int) -> Float {
      x >= 0 && x < width && y >= 0 && y < height ? plane[y * width + x] : 0
    }
    return plane.indices.map { index in
      let x = Float(index % width) + field.x[index]
      let y = Float(index / width) + field.y[index]
      let (left, top) = (x.rounded(.down), y.rounded(.down))
      let (fx, fy) = (x - left, y - top)
      let (i, j) = (Int(left), Int(top))
      let upper = value(i, j) + fx * (value(i + 1, j) - value(i, j))
      let lower = value(i, j + 1) + fx * (value(i + 1, j + 1) - value(i, j + 1))
      return upper + fy * (lower - upper)
    }
  }
}

// MARK: - Smoothing

extension ElasticDeformation {
  /// Smoothed by a Gaussian along columns, then along rows; cut off at three deviations, zero beyond
  /// the edge.
  package static func smoothed(_ plane: [Float], width: Int, height: Int, sigma: Double) -> [Float]
  {
    let radius = max(1, Int((3 * sigma).rounded(.up)))
    let exact = (-radius...radius).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    let total = exact.reduce(0, +)
    let weights = exact.map { Float($0 / total) }
    let columns = smoothedDown(plane, weights, width: width, height: height)
    let turned = transposed(columns, width: width, height: height)
    let both = smoothedDown(turned, weights, width: height, height: width)
    return transposed(both, width: height, height: width)
  }

  /// Whole rows are added, so that the inner loop runs over memory in order.
  private static func smoothedDown(
    _ plane: [Float], _ weights: [Float], width: Int, height: Int
  ) -> [Float] {
    let radius = weights.count / 2
    return [Float](unsafeUninitializedCapacity: plane.count) { buffer, count in
      count = plane.count
      buffer.initialize(repeating: 0)
      guard let result = buffer.baseAddress else { return }
      plane.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        for y in 0..<height {
          let out = result + y * width
          for other in max(0, y - radius)...min(height - 1, y + radius) {
            let weight = weights[other - y + radius]
            let row = base + other * width
            for x in 0..<width { out[x] += weight * row[x] }
          }
        }
      }
    }
  }

  private static func transposed(_ plane: [Float], width: Int, height: Int) -> [Float] {
    (0..<plane.count).map { plane[$0 % height * width + $0 / height] }
  }
}
