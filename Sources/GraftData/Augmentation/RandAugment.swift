public import GraftTensor

/// Some operations, each chosen at random, all of one strength.
///
/// Source: Cubuk et al., "RandAugment: practical automated data augmentation with a reduced search
/// space", NeurIPS 2020; operations and their strengths as torchvision's `RandAugment`, with
/// bilinear sampling.
public struct RandAugment: Augmentation {
  /// How many, N.
  public var operations: Int
  /// How strong, M: 0 to 30.
  public var magnitude: Int
  /// What comes from beyond the edge.
  public var border: Border

  /// - Precondition: a magnitude of 0 to 30.
  public init(operations: Int = 2, magnitude: Int = 9, border: Border = .grey) {
    precondition(
      (0...OperationStrengths.steps).contains(magnitude), "RandAugment of magnitude \(magnitude)")
    self.operations = operations
    self.magnitude = magnitude
    self.border = border
  }

  /// The operations, with their directions.
  public func draw(
    width: Int, height: Int, using generator: inout SeededGenerator
  ) -> [ImageOperation] {
    (0..<operations).map { _ in
      let kind = generator.integer(below: OperationStrengths.kinds)
      return OperationStrengths.usual.operation(
        kind, step: magnitude, isNegative: generator.chance(0.5), width: width, height: height)
    }
  }

  /// One after the other.
  public func apply(_ operations: [ImageOperation], to image: Image) -> Image {
    operations.reduce(image) { $1.apply(to: $0, border: border) }
  }
}
