public import GraftTensor

/// Samples with labels, read a batch at a time: photos, or features of photos.
public protocol SampleSource {
  /// The shape of one sample: `[C, H, W]` or `[F]`.
  var sampleShape: Shape { get }
  /// How samples of rank 3 lie in memory.
  var layout: Layout { get }
  /// The class of each sample.
  var labels: [Int] { get }
  /// `[N, outputs]`: what the network should say of each sample; nil where that is its class.
  var targets: Tensor? { get }

  /// Writes the samples of these indices one after the other.
  ///
  /// `epoch` is nil where the samples are wanted as they are, without augmentation. The same
  /// indices and epoch always give the same numbers.
  func read(
    _ indices: ArraySlice<Int>, epoch: Int?, into memory: UnsafeMutablePointer<Float>
  ) throws(TrainingError)

  /// Says which samples will be read next, so that a source may prepare them meanwhile.
  func prefetch(_ indices: ArraySlice<Int>, epoch: Int?)

  /// Writes one row of `outputs` numbers for each of these samples: what the network should say.
  func writeTargets(
    of indices: ArraySlice<Int>, outputs: Int, into rows: UnsafeMutablePointer<Float>)
}

extension SampleSource {
  /// Samples in all.
  public var count: Int { labels.count }

  /// None: what the network should say is the class.
  public var targets: Tensor? { nil }

  /// Nothing to prepare.
  public func prefetch(_ indices: ArraySlice<Int>, epoch: Int?) {}

  /// The rows of the targets; without targets a one at the sample's label, elsewhere zeros.
  ///
  /// - Precondition: `outputs` numbers in each row of targets, or labels in `0..<outputs`.
  public func writeTargets(
    of indices: ArraySlice<Int>, outputs: Int, into rows: UnsafeMutablePointer<Float>
  ) {
    if let targets { return Targets.copy(targets, indices, into: rows) }
    let labels = labels
    Targets.write(indices.lazy.map { labels[$0] }, classes: outputs, into: rows)
  }
}

/// Features of photos, kept in memory.
public struct FeatureSet: SampleSource, Sendable {
  /// `[N, F]` or `[N, C, H, W]`
  public let features: Tensor
  /// The class of each photo.
  public let labels: [Int]
  /// `[N, outputs]`, where what the network should say is no class.
  public let targets: Tensor?
  /// How features of rank 3 lie in memory.
  public let layout: Layout

  /// - Throws: where there is not one label for each row.
  public init(
    features: Tensor, labels: [Int], targets: Tensor? = nil, layout: Layout = .channelsFirst
  ) throws(TrainingError) {
    guard features.shape.rank >= 2 else {
      throw TrainingError(
        "features have shape \(features.shape); expected one row for each photo", kind: .badData)
    }
    guard features.shape[0] == labels.count else {
      throw TrainingError(
        "features of \(features.shape[0]) photos come with \(labels.count) labels", kind: .badData)
    }
    self.features = features
    self.labels = labels
    self.targets = targets
    self.layout = features.shape.rank == 4 ? layout : .channelsFirst
  }

  /// `[F]` or `[C, H, W]`
  public var sampleShape: Shape { Shape(Array(features.shape.dimensions.dropFirst())) }

  /// Copies rows; the same in every epoch.
  public func read(
    _ indices: ArraySlice<Int>, epoch: Int?, into memory: UnsafeMutablePointer<Float>
  ) throws(TrainingError) {
    let size = features.shape.elementCountPerImage
    features.withUnsafeElements { elements in
      guard let base = elements.baseAddress else { return }
      for (row, index) in indices.enumerated() {
        (memory + row * size).update(from: base + index * size, count: size)
      }
    }
  }
}

extension SeededGenerator {
  /// The numbers `0..<count` in random order, by Fisher and Yates.
  ///
  /// Not the standard library's `shuffled`, whose use of the generator may change with its version.
  mutating func permutation(of count: Int) -> [Int] {
    var numbers = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      // High word of the product: uniform up to a bias of count / 2⁶⁴.
      numbers.swapAt(i, Int(next().multipliedFullWidth(by: UInt64(i + 1)).high))
    }
    return numbers
  }
}
