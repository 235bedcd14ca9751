public import GraftTensor

// MARK: - Geometry

extension Preprocessing {
  /// The size of what `resized` makes of a photo of the given size.
  public func outputSize(width: Int, height: Int) -> (width: Int, height: Int) {
    let output = geometry(Geometry.Size(width: width, height: height)).output
    return (output.width, output.height)
  }

  /// The photo resized, cropped or padded, as 8-bit RGB.
  public func resized(_ image: Image) throws(DataError) -> Image {
    let size = Geometry.Size(width: image.width, height: image.height)
    let geometry = try boundedGeometry(size, limit: ImageLimits.standard.pixels)
    return image.resampled(geometry, margin: marginColor)
  }

  /// The photo in a file's bytes, resized while it is decoded: a photo of any size needs only a few
  /// rows, unless it is interlaced, progressive or stored turned.
  public func resized(
    bytes: [UInt8], limits: ImageLimits = .standard
  ) throws(DataError) -> DecodedImage {
    try decoded(bytes, limits: limits) { size throws(DataError) in
      try boundedGeometry(size, limit: limits.pixels)
    }
  }

  /// The photo in a file's bytes, brought to the geometry that is chosen for its size, turned.
  func decoded(
    _ bytes: [UInt8], limits: ImageLimits,
    _ chooseGeometry: (Geometry.Size) throws(DataError) -> Geometry
  ) throws(DataError) -> DecodedImage {
    try bytes.withUnsafeBufferPointer { buffer throws(DataError) in
      let bytes = UnsafeRawBufferPointer(buffer)
      let decoder = try ImageDecoder(bytes, limits: limits)
      var facts = decoder.facts
      if exif { facts.orientation = ImageReader.orientation(bytes, facts.format) }
      guard facts.orientation == .up else {
        let image = try decoder.image(limits: limits).turned(from: facts.orientation)
        let geometry = try chooseGeometry(Geometry.Size(width: image.width, height: image.height))
        return DecodedImage(image: image.resampled(geometry, margin: marginColor), facts: facts)
      }
      let size = Geometry.Size(width: facts.width, height: facts.height)
      let geometry = try chooseGeometry(size)
      var resampler = Resampler(from: size, geometry)
      try decoder.forEachRow(limits: limits) { resampler.push($0) }
      let image = Image(
        width: geometry.output.width, height: geometry.output.height,
        pixels: resampler.finish(margin: marginColor))
      return DecodedImage(image: image, facts: facts)
    }
  }
}

extension Preprocessing {
  /// Without a crop, a photo of one pixel by a million would become an immense one.
  func boundedGeometry(
    _ size: Geometry.Size, limit: Int
  ) throws(DataError) -> Geometry {
    let geometry = geometry(size)
    let output = geometry.output
    guard let count = Shape.checkedElementCount([output.width, output.height]), count <= limit
    else {
      throw DataError(
        "\(size.width) x \(size.height) pixels would become \(output.width) x \(output.height); "
          + "set a crop")
    }
    return geometry
  }
}

extension Image {
  /// The image scaled to exactly this size, as Pillow's antialiased `BILINEAR`.
  ///
  /// - Precondition: sides of at least 1.
  public func resized(width: Int, height: Int) -> Image {
    precondition(width > 0 && height > 0, "an image of \(width) x \(height)")
    let size = Geometry.Size(width: width, height: height)
    let whole = Geometry(resized: size, width: width, height: height, output: size)
    return resampled(whole, margin: [0, 0, 0])
  }

  func resampled(_ geometry: Geometry, margin: [UInt8]) -> Image {
    var resampler = Resampler(from: Geometry.Size(width: width, height: height), geometry)
    pixels.withUnsafeBufferPointer { pixels in
      for y in 0..<height { resampler.push(pixels.baseAddress! + 3 * y * width) }
    }
    return Image(
      width: geometry.output.width, height: geometry.output.height,
      pixels: resampler.finish(margin: margin))
  }
}

// MARK: - Arithmetic

extension Preprocessing {
  /// Writes the prepared photo into one image's slot of a batch, in the slot's layout.
  ///
  /// - Precondition: the slot's shape is `[1, 3, H, W]` of the size that `outputSize` gives.
  public func apply(to image: Image, into slot: MutableTensorView) throws(DataError) {
    normalize(try resized(image), into: slot)
  }

  /// The arithmetic alone: writes a photo that has its final size.
  public func normalize(_ image: Image, into slot: MutableTensorView) {
    precondition(
      slot.shape == [1, 3, image.height, image.width],
      "\(image.width) x \(image.height) photo into \(slot.shape)")
    switch slot.layout {
    case .channelsLast: normalize(image, slot.base, pixel: 3, channel: 1)
    case .channelsFirst:
      normalize(image, slot.base, pixel: 1, channel: image.width * image.height)
    }
  }

  /// The arithmetic alone; channels last means H, W, C, else C, H, W.
  public func normalized(_ image: Image, channelsLast: Bool = true) -> [Float] {
    [Float](unsafeUninitializedCapacity: image.pixels.count) { buffer, count in
      let slot = MutableTensorView(
        [1, 3, image.height, image.width], buffer.baseAddress!,
        layout: channelsLast ? .channelsLast : .channelsFirst)
      normalize(image, into: slot)
      count = image.pixels.count
    }
  }

  /// A byte has 256 values, so a table holds all results.
  private func normalize(
    _ image: Image, _ out: UnsafeMutablePointer<Float>, pixel: Int, channel: Int
  ) {
    let table = (0..<3).flatMap { c in
      (0..<256).map { Float((Double($0) * scale - mean[c]) / std[c]) }
    }
    let (first, last) = channels == .bgr ? (2, 0) : (0, 2)
    image.pixels.withUnsafeBufferPointer { pixels in
      table.withUnsafeBufferPointer { table in
        for index in 0..<image.width * image.height {
          let to = out + index * pixel
          to[0] = table[Int(pixels[3 * index + first])]
          to[channel] = table[256 + Int(pixels[3 * index + 1])]
          to[2 * channel] = table[512 + Int(pixels[3 * index + last])]
        }
      }
    }
  }
}
