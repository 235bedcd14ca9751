/// The cyclic redundancy check of zlib, PNG and gzip: polynomial 0xEDB88320, reflected.
///
/// Eight bytes at a time with eight tables, because every read of the feature cache is checked.
/// Source: Kounavis, Berry, "Novel table lookup-based algorithms for high-performance CRC
/// generation", IEEE Transactions on Computers 2008.
struct CRC32 {
  private var state: UInt32 = 0xFFFF_FFFF

  var value: UInt32 { ~state }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var crc = state
    Self.tables.withUnsafeBufferPointer { t in
      var offset = 0
      while offset + 8 <= bytes.count {
        let word = UInt64(
          littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        let x = word ^ UInt64(crc)
        var next: UInt32 = 0
        for place in 0..<8 {
          next ^= t[(7 - place) << 8 | Int(truncatingIfNeeded: x >> (8 * UInt64(place)) & 0xFF)]
        }
        crc = next
        offset += 8
      }
      while offset < bytes.count {
        crc = crc >> 8 ^ t[Int((crc ^ UInt32(bytes[offset])) & 0xFF)]
        offset += 1
      }
    }
    state = crc
  }

  /// Table k gives the check of a byte followed by k zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
      tables[byte] = crc
    }
    for index in 256..<tables.count {
      let previous = tables[index - 256]
      tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
    }
    return tables
  }()
}
