import CGraftImage

/// Rows of a PNG or JPEG in memory, pulled one by one from the C decoders.
struct ImageDecoder: ~Copyable {
  let facts: ImageFacts
  private let handle: OpaquePointer

  /// Reads the header. The bytes must outlive the decoder.
  init(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) throws(DataError) {
    let format = try FileFormat.check(bytes)
    guard bytes.count <= limits.fileBytes else {
      throw DataError("\(bytes.count) bytes; graft reads images up to \(limits.fileBytes)")
    }
    let base = bytes.bindMemory(to: UInt8.self).baseAddress
    let cLimits = graft_image_limits(
      pixels: UInt64(clamping: limits.pixels), side: UInt32(clamping: limits.side),
      scans: Int32(clamping: limits.scans), memory: limits.decoderBytes)
    let opened =
      switch format {
      case .png: graft_png_open(base, bytes.count, cLimits)
      case .jpeg: graft_jpeg_open(base, bytes.count, cLimits)
      }
    guard let opened else { throw DataError("not enough memory to decode it", kind: .system) }
    do throws(DataError) {
      try Self.check(opened, format, limits)
    } catch {
      graft_image_close(opened)
      throw error
    }
    handle = opened
    facts = Self.facts(opened, format)
  }

  deinit { graft_image_close(handle) }

  /// Hands out all rows from the top, and makes sure that the file is whole.
  func forEachRow(
    limits: ImageLimits, _ body: (UnsafePointer<UInt8>) -> Void
  ) throws(DataError) {
    let row = UnsafeMutablePointer<UInt8>.allocate(capacity: 3 * facts.width)
    defer { row.deallocate() }
    for _ in 0..<facts.height {
      graft_image_read_row(handle, row)
      try Self.check(handle, facts.format, limits)
      body(row)
    }
  }

  /// The whole image as stored.
  func image(limits: ImageLimits) throws(DataError) -> Image {
    let rowBytes = 3 * facts.width
    var failure: DataError?
    let pixels = [UInt8](unsafeUninitializedCapacity: rowBytes * facts.height) { buffer, count in
      for _ in 0..<facts.height {
        graft_image_read_row(handle, buffer.baseAddress! + count)
        do throws(DataError) {
          try Self.check(handle, facts.format, limits)
        } catch {
          failure = error
          return
        }
        count += rowBytes
      }
    }
    if let failure { throw failure }
    return Image(width: facts.width, height: facts.height, pixels: pixels)
  }

  private static func facts(_ handle: OpaquePointer, _ format: ImageFacts.Format) -> ImageFacts {
    let found = graft_image_get_facts(handle)
    return ImageFacts(
      format: format, width: Int(found.width), height: Int(found.height),
      hadAlpha: found.has_alpha != 0, was16Bit: found.is_16_bit != 0,
      wasGrey: found.is_grey != 0, wasCMYK: found.is_cmyk != 0)
  }

  private static func check(
    _ handle: OpaquePointer, _ format: ImageFacts.Format, _ limits: ImageLimits
  ) throws(DataError) {
    switch graft_image_get_status(handle) {
    case GRAFT_IMAGE_OK: return
    case GRAFT_IMAGE_ENDS_EARLY: throw .endsEarly
    case GRAFT_IMAGE_TOO_LARGE:
      let found = graft_image_get_facts(handle)
      throw DataError(
        "\(found.width) x \(found.height) pixels; graft reads up to "
          + "\(limits.pixels / 1_000_000) million, sides up to \(limits.side). Scale it down")
    case GRAFT_IMAGE_TOO_MANY_SCANS:
      throw DataError(
        "progressive JPEG of more than \(limits.scans) scans; save it as an ordinary JPEG")
    case GRAFT_IMAGE_NO_MEMORY:
      throw DataError("\(format.rawValue) that needs too much memory; save it anew, smaller")
    default:
      let said = DisplayName.escaped(String(cString: graft_image_get_message(handle)))
      throw DataError("damaged \(format.rawValue) (\(said))")
    }
  }
}
