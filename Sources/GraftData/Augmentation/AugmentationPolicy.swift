public import GraftTensor

/// Which augmentations photos get, in which order: a value, written and read as one line of text.
///
///     none        light        flip,rotate:15,jitter:0.2        strong,vflip
///
/// ``AugmentationCatalog`` has the names. A crop comes first wherever it is written, because it
/// decides at which size the photo is looked at; the rest follow in the order written. Each draws
/// from a stream of its own, so that one more or less does not change what the others draw.
public struct AugmentationPolicy: Sendable {
  /// As it was written, in lower case and without blanks.
  public let text: String
  /// Which part of the photo is shown; nil shows what the network sees without augmentation.
  public let crop: RandomResizedCrop?
  /// What happens to that.
  public let steps: [any Augmentation]

  /// Leaves photos as they are.
  public static let none = AugmentationPolicy(text: "none", crop: nil, steps: [])

  /// Reads names from ``AugmentationCatalog``, separated by commas.
  ///
  /// - Throws: where a name is not known or a number outside its range; the hint lists what there is.
  public init(_ text: String) throws(DataError) {
    let written = text.lowercased().filter { !$0.isWhitespace }
    var crops: [RandomResizedCrop] = []
    var steps: [any Augmentation] = []
    for part in try AugmentationCatalog.parts(of: written) {
      if let crop = part as? RandomResizedCrop { crops.append(crop) } else { steps.append(part) }
    }
    guard crops.count < 2 else {
      throw DataError("'\(DisplayName.escaped(text))' crops twice; keep one crop")
    }
    self.init(text: written, crop: crops.first, steps: steps)
  }

  private init(text: String, crop: RandomResizedCrop?, steps: [any Augmentation]) {
    self.text = text
    self.crop = crop
    self.steps = steps
  }

  /// True where photos stay as they are.
  public var isNone: Bool { crop == nil && steps.isEmpty }

  /// The steps after the crop, on a photo that has its final size.
  public func applySteps(to image: Image, using generator: inout SeededGenerator) -> Image {
    steps.reduce(image) { image, step in
      var own = SeededGenerator(generator.next())
      return step.apply(to: image, using: &own)
    }
  }

  /// The crop, scaled to the size that is wanted.
  ///
  /// - Precondition: the policy has a crop.
  func applyCrop(
    to image: Image, width: Int, height: Int, using generator: inout SeededGenerator
  ) -> Image {
    guard let crop else { preconditionFailure("'\(text)' has no crop") }
    var own = SeededGenerator(generator.next())
    let region = crop.draw(width: image.width, height: image.height, using: &own)
    return image.resized(region, width: width, height: height)
  }
}

// MARK: - Value

extension AugmentationPolicy: Hashable {
  /// Equal where the text is.
  public static func == (a: AugmentationPolicy, b: AugmentationPolicy) -> Bool { a.text == b.text }

  /// Of the text.
  public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension AugmentationPolicy: CustomStringConvertible {
  /// The text.
  public var description: String { text }
}

extension AugmentationPolicy: Codable {
  /// Reads the text.
  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
