package import SystemPackage

/// The order a person expects: `1`, `2`, `10`; `a`, `B`, `c`. What is equal so far is ordered by
/// its bytes.
package enum NaturalOrder {
  package static func precedes(_ a: FilePath, _ b: FilePath) -> Bool {
    precedes(Key(a.bytes), Key(b.bytes))
  }

  package static func precedes(_ a: String, _ b: String) -> Bool {
    precedes(Key(Array(a.utf8)), Key(Array(b.utf8)))
  }

  /// Sorts paths that are all below one folder, fetching the bytes of each only once.
  package static func sorted(_ paths: [FilePath], below folder: FilePath) -> [FilePath] {
    let prefix = folder.bytes.count
    return paths.map { (Key(Array($0.bytes.dropFirst(prefix))), $0) }
      .sorted { precedes($0.0, $1.0) }
      .map(\.1)
  }

  struct Key {
    let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }
  }

  static func precedes(_ a: Key, _ b: Key) -> Bool {
    a.bytes.withUnsafeBufferPointer { x in
      b.bytes.withUnsafeBufferPointer { y in
        let order = compare(x, y)
        return order == 0 ? x.lexicographicallyPrecedes(y) : order < 0
      }
    }
  }

  private static func compare(
    _ x: UnsafeBufferPointer<UInt8>, _ y: UnsafeBufferPointer<UInt8>
  ) -> Int {
    var (i, j) = (0, 0)
    while i < x.count, j < y.count {
      if isDigit(x[i]), isDigit(y[j]) {
        let (m, n) = (number(x, &i), number(y, &j))
        // Without leading zeros the longer number is the larger.
        if m.count != n.count { return m.count - n.count }
        for (p, q) in zip(m, n) where p != q { return Int(p) - Int(q) }
      } else {
        let (p, q) = (folded(x[i]), folded(y[j]))
        if p != q { return Int(p) - Int(q) }
        (i, j) = (i + 1, j + 1)
      }
    }
    return (x.count - i) - (y.count - j)
  }

  private static func number(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int
  ) -> Slice<UnsafeBufferPointer<UInt8>> {
    while position < bytes.count, bytes[position] == 0x30 { position += 1 }
    let start = position
    while position < bytes.count, isDigit(bytes[position]) { position += 1 }
    return bytes[start..<position]
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// A folder's end sorts before any character of a name; ASCII letters regardless of case.
  private static func folded(_ byte: UInt8) -> UInt8 {
    switch byte {
    case 0x2F: 0
    case 0x41...0x5A: byte + 0x20
    default: byte
    }
  }
}
