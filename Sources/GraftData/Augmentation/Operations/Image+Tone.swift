// Changes of the levels of each channel by a table, and sharpness.
// Source: Pillow's `ImageOps` and `ImageEnhance.Sharpness`, which torchvision uses.

extension Image {
  /// Only the upper bits of each channel.
  ///
  /// - Precondition: 0 to 8 bits.
  public func posterized(bits: Int) -> Image {
    precondition((0...8).contains(bits), "\(bits) bits of a byte")
    let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - bits))
    return mapped { $0 & mask }
  }

  /// Levels from the threshold on are inverted.
  public func solarized(threshold: Double) -> Image {
    mapped { Double($0) < threshold ? $0 : 255 - $0 }
  }

  /// Each channel stretched so that its darkest level becomes 0 and its brightest 255.
  public func autoContrasted() -> Image {
    withTables { histogram in
      guard let low = histogram.firstIndex(where: { $0 > 0 }),
        let high = histogram.lastIndex(where: { $0 > 0 }), high > low
      else { return nil }
      let scale = 255 / Double(high - low)
      return (0...255).map { UInt8(min(max(Double($0) * scale - Double(low) * scale, 0), 255)) }
    }
  }

  /// Each channel's levels spread so that they become about equally frequent.
  public func equalized() -> Image {
    withTables { histogram in
      guard let last = histogram.last(where: { $0 > 0 }) else { return nil }
      let step = (width * height - last) / 255
      guard step > 0 else { return nil }
      var below = step / 2
      return histogram.map { count in
        defer { below += count }
        return UInt8(min(below / step, 255))
      }
    }
  }

  /// Smoothed at 0, itself at 1, sharper beyond.
  ///
  /// Smooth is the mean of the 3x3 pixels around, the middle one five times; the pixels at the edge
  /// stay as they are.
  public func withSharpness(_ factor: Float) -> Image {
    guard width > 2, height > 2 else { return self }
    var result = self
    let row = 3 * width
    for y in 1..<height - 1 {
      for index in y * row + 3..<(y + 1) * row - 3 {
        var sum = 4 * Int(pixels[index])
        for neighbour in stride(from: index - row, through: index + row, by: row) {
          sum += Int(pixels[neighbour - 3]) + Int(pixels[neighbour]) + Int(pixels[neighbour + 3])
        }
        let smooth = UInt8((2 * sum + 13) / 26)
        result.pixels[index] = Self.blend(smooth, pixels[index], factor)
      }
    }
    return result
  }

  /// Maps each channel by a table made from its histogram; nil leaves the channel.
  private func withTables(_ makeTable: ([Int]) -> [UInt8]?) -> Image {
    var result = self
    for channel in 0..<3 {
      var histogram = [Int](repeating: 0, count: 256)
      for index in stride(from: channel, to: pixels.count, by: 3) {
        histogram[Int(pixels[index])] += 1
      }
      guard let table = makeTable(histogram) else { continue }
      for index in stride(from: channel, to: pixels.count, by: 3) {
        result.pixels[index] = table[Int(pixels[index])]
      }
    }
    return result
  }
}
