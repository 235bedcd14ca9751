/// Floats between two guard zones that nobody may touch, aligned as the arena aligns them.
final class GuardedMemory {
  let name: String
  let count: Int
  private let allocation: UnsafeMutablePointer<Float>
  private static let guardFloats = 64
  /// A quiet NaN with a payload that arithmetic does not produce.
  private static let canary = Float(bitPattern: 0x7FC5_CA5A)
  /// What memory of undefined contents is filled with: whoever reads it gets NaN.
  private static let undefined = Float(bitPattern: 0x7FE1_2345)

  var base: UnsafeMutablePointer<Float> { allocation + Self.guardFloats }

  init(_ name: String, count: Int) {
    self.name = name
    self.count = count
    let total = count + 2 * Self.guardFloats
    allocation =
      UnsafeMutableRawPointer
      .allocate(byteCount: total * MemoryLayout<Float>.stride, alignment: 64)
      .bindMemory(to: Float.self, capacity: total)
    allocation.initialize(repeating: Self.canary, count: total)
    base.update(repeating: Self.undefined, count: count)
  }

  convenience init(_ name: String, _ elements: [Float]) {
    self.init(name, count: elements.count)
    for (offset, element) in elements.enumerated() { base[offset] = element }
  }

  deinit { allocation.deallocate() }

  var elements: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }

  func checkGuards(_ what: String) throws(CheckFailure) {
    for offset in 0..<Self.guardFloats {
      if allocation[offset].bitPattern != Self.canary.bitPattern {
        throw CheckFailure("\(what): wrote \(Self.guardFloats - offset) floats before \(name)")
      }
      if base[count + offset].bitPattern != Self.canary.bitPattern {
        throw CheckFailure("\(what): wrote \(offset + 1) floats past the end of \(name) [\(count)]")
      }
    }
  }

  func checkUnchanged(from original: [Float], _ what: String) throws(CheckFailure) {
    for (offset, value) in original.enumerated()
    where base[offset].bitPattern != value.bitPattern {
      throw CheckFailure("\(what): changed \(name), which is read-only, at offset \(offset)")
    }
  }

  func checkAssigned(_ what: String) throws(CheckFailure) {
    for offset in 0..<count where base[offset].bitPattern == Self.undefined.bitPattern {
      throw CheckFailure("\(what): left \(name) unassigned at offset \(offset)")
    }
  }
}
