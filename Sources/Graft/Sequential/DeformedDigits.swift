import Foundation

/// Digits as samples, turned, scaled and bent anew in every epoch.
///
/// Source: Simard, Steinkraus, Platt, "Best practices for convolutional neural networks applied to
/// visual document analysis", ICDAR 2003; Cireşan, Meier, Gambardella, Schmidhuber, "Deep, big, simple
/// neural nets for handwritten digit recognition", Neural Computation 2010.
public struct DeformedDigits: SampleSource, Sendable {
  /// The digits as they are.
  public let digits: DigitSet
  /// Decides the deformations, together with epoch and digit.
  public let seed: UInt64
  private let elastic: ElasticDeformation?
  /// Degrees to either side.
  private let rotation: Double
  /// The fraction by which width and height grow or shrink, each on its own.
  private let scaling: Double

  /// Deformations of Cireşan's strength; nil leaves the digits as they are.
  public init(
    _ digits: DigitSet, elastic: ElasticDeformation? = ElasticDeformation(alpha: 34, sigma: 5),
    rotation: Double = 10, scaling: Double = 0.15, seed: UInt64 = 1
  ) {
    self.digits = digits
    self.elastic = elastic
    self.rotation = rotation
    self.scaling = scaling
    self.seed = seed
  }

  /// 0 to 9.
  public var labels: [Int] { digits.labels }
  /// `[1, 28, 28]`
  public var sampleShape: Shape { Shape(Array(digits.images.shape.dimensions.dropFirst())) }
  /// One channel lies alike in both.
  public var layout: Layout { .channelsFirst }

  /// Writes digits; deformed where there is an epoch.
  public func read(
    _ indices: ArraySlice<Int>, epoch: Int?, into memory: UnsafeMutablePointer<Float>
  ) throws(TrainingError) {
    let size = sampleShape.elementCount
    nonisolated(unsafe) let memory = memory
    DispatchQueue.concurrentPerform(iterations: indices.count) { row in
      let index = indices[indices.startIndex + row]
      let digit = digits.images.withUnsafeElements { Array($0[index * size..<(index + 1) * size]) }
      let written = epoch.map { deformed(digit, epoch: $0, index: index) } ?? digit
      for i in 0..<size { memory[row * size + i] = written[i] }
    }
  }

  private func deformed(_ digit: [Float], epoch: Int, index: Int) -> [Float] {
    guard let elastic else { return digit }
    let (height, width) = (sampleShape[1], sampleShape[2])
    var generator = SeededGenerator(seed, epoch, index)
    var field = elastic.draw(width: width, height: height, using: &generator)
    func between(_ largest: Double) -> Float { Float(largest) * (2 * generator.uniform() - 1) }
    let angle = between(rotation * .pi / 180)
    let (zoomX, zoomY) = (1 + between(scaling), 1 + between(scaling))
    let (cosine, sine) = (cos(angle), sin(angle))
    for i in field.x.indices {
      let x = Float(i % width) - Float(width - 1) / 2
      let y = Float(i / width) - Float(height - 1) / 2
      field.x[i] += (cosine * x - sine * y) / zoomX - x
      field.y[i] += (sine * x + cosine * y) / zoomY - y
    }
    return elastic.apply(field, toPlane: digit, width: width, height: height)
  }
}
