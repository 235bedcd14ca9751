import CGraftImage
import GraftTensor

/// What a decoder made of a PNG.
struct PNGOutcome {
  struct Answer: Equatable {
    var status: UInt32
    var message: String
    var width, height: UInt32
    var hasAlpha, is16Bit, isGrey: Int32
    var pixels: [UInt8]
  }

  var answer: Answer
  /// Whether libpng was not needed for the pixels.
  var isPlain: Bool

  init(_ bytes: [UInt8], withLibpng: Bool = false) {
    let limits = graft_image_limits(
      pixels: 100_000_000, side: 1_000_000, scans: 100, memory: 640_000_000)
    let open = withLibpng ? graft_png_open_with_libpng : graft_png_open
    (answer, isPlain) = bytes.withUnsafeBufferPointer { buffer in
      let decoder = open(buffer.baseAddress, buffer.count, limits)
      defer { graft_image_close(decoder) }
      let facts = graft_image_get_facts(decoder)
      var pixels: [UInt8] = []
      // A row with a guard behind it.
      let rowBytes = 3 * Int(facts.width)
      if graft_image_get_status(decoder) == GRAFT_IMAGE_OK {
        var row = [UInt8](repeating: 0xA5, count: rowBytes + 8)
        for _ in 0..<facts.height {
          guard graft_image_read_row(decoder, &row) == GRAFT_IMAGE_OK else { break }
          pixels += row.prefix(rowBytes)
        }
        precondition(row.suffix(8).allSatisfy { $0 == 0xA5 }, "a row was too long")
      }
      let status = graft_image_get_status(decoder)
      // What came before the damage is of no use to anybody.
      if status != GRAFT_IMAGE_OK { pixels = [] }
      let answer = Answer(
        status: UInt32(status.rawValue), message: String(cString: graft_image_get_message(decoder)),
        width: facts.width, height: facts.height, hasAlpha: facts.has_alpha,
        is16Bit: facts.is_16_bit, isGrey: facts.is_grey, pixels: pixels)
      return (answer, graft_png_is_plain(decoder) != 0)
    }
  }
}

/// The types with 8 bits a channel.
enum PNGType: UInt8, CaseIterable {
  case grey = 0
  case rgb = 2
  case palette = 3
  case greyAlpha = 4
  case rgba = 6

  var pixelBytes: Int {
    switch self {
    case .grey, .palette: 1
    case .greyAlpha: 2
    case .rgb: 3
    case .rgba: 4
    }
  }
}

/// A PNG of random filtered lines, written without libpng: zlib's stored blocks.
struct PNGFile {
  var type: PNGType
  var width: Int
  /// As the header says.
  var height: Int
  /// Colours of the palette.
  var colors = 200
  /// Filter and bytes of each line.
  var lines: [[UInt8]]
  /// How many chunks the pixels are in.
  var pieces = 1
  /// Whole chunks before the pixels, after their first piece and after the last.
  var before: [UInt8] = []
  var between: [UInt8] = []
  var behind: [UInt8] = []
  var changeStream: (inout [UInt8]) -> Void = { _ in }

  init(_ type: PNGType, _ width: Int, height: Int, seed: Int) {
    (self.type, self.width, self.height) = (type, width, height)
    var generator = SeededGenerator(5, seed)
    lines = (0..<height).map { _ in
      // Small differences, as in photos, and any.
      let spread: UInt8 = Bool.random(using: &generator) ? 255 : 6
      return [UInt8.random(in: 0...4, using: &generator)]
        + (0..<width * type.pixelBytes).map { _ in
          UInt8.random(in: 0...spread, using: &generator) &- spread / 2
        }
    }
  }

  mutating func setFilters(_ filter: (Int) -> UInt8) {
    for y in lines.indices { lines[y][0] = filter(y) }
  }

  var bytes: [UInt8] {
    var stream = Self.stored(Array(lines.joined()))
    changeStream(&stream)
    var file = HostileImageTests.header(width, height, color: type.rawValue)
    if type == .palette {
      let palette = (0..<3 * colors).map { UInt8(truncatingIfNeeded: 7 * $0 + 1) }
      file += HostileImageTests.chunk("PLTE", palette)
    }
    file += before
    let length = (stream.count + pieces - 1) / pieces
    for piece in 0..<pieces {
      let part = stream.dropFirst(piece * length).prefix(length)
      file += HostileImageTests.chunk("IDAT", Array(part))
      if piece == 0 { file += between }
    }
    return file + behind + HostileImageTests.chunk("IEND", [])
  }

  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    for start in stride(from: 0, to: bytes.count, by: 65535) {
      let block = bytes[start..<min(start + 65535, bytes.count)]
      let (low, high) = (UInt8(block.count & 255), UInt8(block.count >> 8))
      stream += [block.endIndex == bytes.count ? 1 : 0, low, high, ~low, ~high] + block
    }
    var (a, b) = (1, 0)
    for byte in bytes {
      a = (a + Int(byte)) % 65521
      b = (b + a) % 65521
    }
    return stream + HostileImageTests.big(b << 16 | a)
  }

  /// Makes the checksum of every chunk right, as far as there are whole ones.
  static func repairChecksums(_ bytes: inout [UInt8]) {
    var position = 8
    while position + 12 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = position + 8 + length
      guard end + 4 <= bytes.count else { return }
      let sum = HostileImageTests.crc32(Array(bytes[position + 4..<end]))
      bytes.replaceSubrange(end..<end + 4, with: HostileImageTests.big(Int(sum)))
      position = end + 4
    }
  }
}
