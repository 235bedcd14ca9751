/// The one thing graft wants from EXIF: the orientation of a JPEG.
///
/// Whatever is wrong with the EXIF data, the pixels are right: then there is no orientation.
/// Source: Exif 2.32; TIFF 6.0, section 2.
enum EXIF {
  /// The orientation written in the first EXIF segment of a JPEG.
  static func orientation(ofJPEG bytes: UnsafeRawBufferPointer) -> Orientation? {
    var position = 2
    while position + 4 <= bytes.count, bytes[position] == 0xFF {
      let marker = bytes[position + 1]
      // A fill byte before a marker.
      guard marker != 0xFF else {
        position += 1
        continue
      }
      // Pixels begin, or the file ends.
      guard marker != 0xDA, marker != 0xD9 else { return nil }
      // Markers that stand alone.
      guard marker != 0x01, !(0xD0...0xD8).contains(marker) else {
        position += 2
        continue
      }
      let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
      let end = position + 2 + length
      guard length >= 2, end <= bytes.count else { return nil }
      let segment = UnsafeRawBufferPointer(rebasing: bytes[position + 4..<end])
      if marker == 0xE1, segment.starts(with: Array("Exif\0\0".utf8)) {
        return orientation(ofTIFF: UnsafeRawBufferPointer(rebasing: segment[6...]))
      }
      position = end
    }
    return nil
  }

  /// The orientation in the first directory of a TIFF structure.
  static func orientation(ofTIFF bytes: UnsafeRawBufferPointer) -> Orientation? {
    guard let tiff = TIFF(bytes), let directory = tiff.long(4), let count = tiff.short(directory)
    else { return nil }
    for index in 0..<count {
      let entry = directory + 2 + 12 * index
      guard let tag = tiff.short(entry) else { return nil }
      guard tag == 0x0112 else { continue }
      guard let type = tiff.short(entry + 2), tiff.long(entry + 4) == 1 else { return nil }
      let value: Int? =
        switch type {
        case 1: tiff.byte(entry + 8)
        case 3: tiff.short(entry + 8)
        case 4: tiff.long(entry + 8)
        default: nil
        }
      return value.flatMap(Orientation.init(rawValue:))
    }
    return nil
  }
}

/// Numbers at offsets that come from the file, none outside its bytes.
private struct TIFF {
  let bytes: UnsafeRawBufferPointer
  let isLittleEndian: Bool

  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 8 else { return nil }
    switch (bytes[0], bytes[1]) {
    case (0x49, 0x49): isLittleEndian = true
    case (0x4D, 0x4D): isLittleEndian = false
    default: return nil
    }
    self.bytes = bytes
    guard short(2) == 42 else { return nil }
  }

  func byte(_ offset: Int) -> Int? { number(offset, size: 1) }
  func short(_ offset: Int) -> Int? { number(offset, size: 2) }
  func long(_ offset: Int) -> Int? { number(offset, size: 4) }

  // Offsets are at most 32 bits and a few entries, so their sums do not overflow.
  private func number(_ offset: Int, size: Int) -> Int? {
    guard offset >= 0, offset + size <= bytes.count else { return nil }
    let piece = bytes[offset..<offset + size]
    return (isLittleEndian ? Array(piece.reversed()) : Array(piece))
      .reduce(0) { $0 << 8 | Int($1) }
  }
}
