import GraftKernels
public import GraftTensor

/// Makes samples out of several of a batch, with targets that say how much is of which.
public protocol BatchMixing: Sendable {
  /// Does it take samples of shape `[C, H, W]` only?
  var needsPictures: Bool { get }

  /// Changes a batch `[N, …]`, in the layout that it has, and its targets `[N, K]`.
  ///
  /// - Precondition: one row of targets for each sample; rank 4 where pictures are needed.
  func mix(
    _ batch: MutableTensorView, targets: MutableTensorView,
    using generator: inout SeededGenerator)
}

extension BatchMixing {
  /// Samples of any shape.
  public var needsPictures: Bool { false }

  /// - Throws: where samples of this shape cannot be mixed.
  package func check(_ sampleShape: Shape) throws(TrainingError) {
    guard !needsPictures || sampleShape.rank == 3 else {
      throw TrainingError(
        "boxes of pixels cannot be mixed in samples of shape \(sampleShape); expected [C, H, W]",
        kind: .badSetting, hints: ["mixup mixes samples of any shape."])
    }
  }
}

/// One of several mixings for each batch, all equally often.
public struct RandomMixing: BatchMixing {
  /// What there is to choose from.
  public let choices: [any BatchMixing]

  /// - Precondition: at least one.
  public init(_ choices: [any BatchMixing]) {
    precondition(!choices.isEmpty, "nothing to choose from")
    self.choices = choices
  }

  /// Where one of them does.
  public var needsPictures: Bool { choices.contains { $0.needsPictures } }

  /// Draws one and lets it mix.
  public func mix(
    _ batch: MutableTensorView, targets: MutableTensorView,
    using generator: inout SeededGenerator
  ) {
    let number = Int(generator.next().multipliedFullWidth(by: UInt64(choices.count)).high)
    choices[number].mix(batch, targets: targets, using: &generator)
  }
}

extension MutableTensorView {
  /// Each row becomes `share` of itself and `1 − share` of its partner, as that was before.
  func blendRows(with partners: [Int], share: Float) {
    let size = shape.elementCountPerImage
    let (rows, rest) = (base, 1 - share)
    Array(elements).withUnsafeBufferPointer { before in
      Parallel.run(partners.count) { row in
        let partner = partners[row]
        guard partner != row else { return }
        let (x, y) = (rows + row * size, before.baseAddress! + partner * size)
        for i in 0..<size { x[i] = share * x[i] + rest * y[i] }
      }
    }
  }
}
