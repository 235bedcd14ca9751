import CGraftImage
import GraftTensor
import Testing

/// The loops of the resize against the sums that define them, with every instruction set.
@Suite(.serialized) struct ResampleTests {
  /// Weights that add up to about one.
  private func drawWeights(_ taps: Int, using generator: inout SeededGenerator) -> [Int32] {
    let parts = (0..<taps).map { _ in Double(generator.uniform()) }
    let total = max(parts.reduce(0, +), 1e-3)
    return parts.map { Int32($0 / total * Double(1 << 22) + 0.5) }
  }

  private func rounded(_ sum: Int) -> UInt8 { UInt8(min(255, (sum + 1 << 21) >> 22)) }

  private func bytes(_ count: Int, using generator: inout SeededGenerator) -> [UInt8] {
    // White is where sums are largest.
    (0..<count).map { _ in
      Bool.random(using: &generator) ? 255 : UInt8.random(in: 0...255, using: &generator)
    }
  }

  @Test(arguments: [1, 2, 3, 5, 8, 40]) func rowsAreTheSums(_ taps: Int) {
    var generator = SeededGenerator(21, taps)
    for outputs in [1, 2, 3, 7, 32, 33] {
      for width in [taps, taps + 1, taps + 13] {
        let row = bytes(3 * width, using: &generator)
        let starts = (0..<outputs).map { Int32($0 * (width - taps) / max(outputs - 1, 1)) }
        let weights = starts.flatMap { _ in drawWeights(taps, using: &generator) }
        let expected = (0..<3 * outputs).map { index -> UInt8 in
          let (x, channel) = (index / 3, index % 3)
          var sum = 0
          for tap in 0..<taps {
            let pixel: Int = Int(starts[x]) + tap
            sum += Int(weights[x * taps + tap]) * Int(row[3 * pixel + channel])
          }
          return rounded(sum)
        }
        for allowsAVX2: Int32 in [1, 0] {
          graft_image_allow_avx2(allowsAVX2)
          var out = [UInt8](repeating: 0xA5, count: 3 * outputs + 4)
          graft_resample_row(row, width, &out, outputs, starts, weights, taps)
          #expect(out == expected + [0xA5, 0xA5, 0xA5, 0xA5], "\(outputs) of \(width)")
        }
      }
    }
    graft_image_allow_avx2(1)
  }

  @Test(arguments: [1, 2, 3, 5, 40]) func columnsAreTheSums(_ taps: Int) {
    var generator = SeededGenerator(22, taps)
    for count in [1, 15, 16, 17, 48, 67] {
      let rows = bytes(taps * count, using: &generator)
      let weights = drawWeights(taps, using: &generator)
      let expected = (0..<count).map { index -> UInt8 in
        var sum = 0
        for tap in 0..<taps { sum += Int(weights[tap]) * Int(rows[tap * count + index]) }
        return rounded(sum)
      }
      for allowsAVX2: Int32 in [1, 0] {
        graft_image_allow_avx2(allowsAVX2)
        var out = [UInt8](repeating: 0xA5, count: count + 4)
        rows.withUnsafeBufferPointer { rows in
          var places = (0..<taps).map { Optional(rows.baseAddress! + $0 * count) }
          graft_resample_column(&places, weights, taps, &out, count)
        }
        #expect(out == expected + [0xA5, 0xA5, 0xA5, 0xA5], "\(count)")
      }
    }
    graft_image_allow_avx2(1)
  }
}
