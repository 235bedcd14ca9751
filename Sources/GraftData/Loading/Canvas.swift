package import GraftTensor

// A canvas is a photo as it is kept in memory between epochs: all that its augmented views are made
// of, and no larger than they need.

extension Preprocessing {
  /// How much larger than the network's input a canvas is that is cropped at random, where the photo
  /// is: a crop of half the area is then still not enlarged.
  static let canvasMargin = 1.5

  /// The canvas of the photo in a file's bytes.
  ///
  /// Without a crop in the policy, the photo as the network sees it. With one, the photo brought to
  /// proportions as `fit` says, 1.5 times as large as the network's input, but not enlarged.
  package func canvas(
    bytes: [UInt8], for policy: AugmentationPolicy, limits: ImageLimits = .standard
  ) throws(DataError) -> Image {
    guard policy.crop != nil, let side = crop else {
      return try resized(bytes: bytes, limits: limits).image
    }
    let most = Int((Double(side) * Self.canvasMargin).rounded())
    return try decoded(bytes, limits: limits) { size throws(DataError) in
      var roomy = self
      switch fit {
      case .crop: (roomy.resize, roomy.crop) = (min(most, size.width, size.height), nil)
      case .pad, .stretch:
        let kept = max(1, min(most, max(size.width, size.height)))
        (roomy.resize, roomy.crop) = (kept, kept)
      }
      return try roomy.boundedGeometry(size, limit: limits.pixels)
    }.image
  }
}

extension AugmentationPolicy {
  /// What the network is shown of a canvas: the crop, if the policy has one, then the other steps.
  ///
  /// - Parameter side: of the network's input.
  package func view(of canvas: Image, side: Int, using generator: inout SeededGenerator) -> Image {
    guard crop != nil else { return applySteps(to: canvas, using: &generator) }
    let cropped = applyCrop(to: canvas, width: side, height: side, using: &generator)
    return applySteps(to: cropped, using: &generator)
  }
}
