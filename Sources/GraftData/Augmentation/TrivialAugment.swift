public import GraftTensor

/// One operation of random strength.
///
/// Source: Müller and Hutter, "TrivialAugment: tuning-free yet state-of-the-art data augmentation",
/// ICCV 2021, the wide space; as torchvision's `TrivialAugmentWide` with bilinear sampling, but for
/// translations, which grow with the photo: 32 pixels of 224.
public struct TrivialAugment: Augmentation {
  /// What comes from beyond the edge.
  public var border: Border

  /// - Parameter border: what comes from beyond the edge.
  public init(border: Border = .grey) { self.border = border }

  /// The operation.
  public func draw(
    width: Int, height: Int, using generator: inout SeededGenerator
  ) -> ImageOperation {
    let kind = generator.integer(below: OperationStrengths.kinds)
    let step = generator.integer(below: OperationStrengths.steps + 1)
    return OperationStrengths.wide.operation(
      kind, step: step, isNegative: generator.chance(0.5), width: width, height: height)
  }

  /// Applies it.
  public func apply(_ operation: ImageOperation, to image: Image) -> Image {
    operation.apply(to: image, border: border)
  }
}
