/// Reads a photo between its pixels: the mean of the four around a point, weighted by nearness.
///
/// Points are in pixels, the middle of the first pixel at (1/2, 1/2). A border of one colour begins
/// where the photo ends, without a transition. Source: Pillow's `transform(…, resample=BILINEAR)`.
struct BilinearSampler {
  private let base: UnsafePointer<UInt8>
  private let width: Int
  private let height: Int
  private let border: Border

  init(_ base: UnsafePointer<UInt8>, width: Int, height: Int, border: Border) {
    self.base = base
    self.width = width
    self.height = height
    self.border = border
  }

  /// Writes the three channels at a point.
  @inline(__always)
  func sample(_ x: Double, _ y: Double, into out: UnsafeMutablePointer<UInt8>) {
    if case .color(let red, let green, let blue) = border,
      !(x >= 0 && x < Double(width) && y >= 0 && y < Double(height))
    {
      (out[0], out[1], out[2]) = (red, green, blue)
      return
    }
    let left = (x - 0.5).rounded(.down)
    let top = (y - 0.5).rounded(.down)
    let (fx, fy) = (Float(x - 0.5 - left), Float(y - 0.5 - top))
    let (column, row) = (Int(left), Int(top))
    let (x0, x1) = (3 * border.fold(column, width), 3 * border.fold(column + 1, width))
    let upper = base + 3 * width * border.fold(row, height)
    let lower = base + 3 * width * border.fold(row + 1, height)
    for c in 0..<3 {
      let a = Float(upper[x0 + c]) + fx * (Float(upper[x1 + c]) - Float(upper[x0 + c]))
      let b = Float(lower[x0 + c]) + fx * (Float(lower[x1 + c]) - Float(lower[x0 + c]))
      out[c] = UInt8(a + fy * (b - a) + 0.5)
    }
  }
}

extension Image {
  /// An image of the same size whose pixel (x, y) is this one's at `place(x, y)`.
  func sampled(border: Border, _ place: (Int, Int) -> (x: Double, y: Double)) -> Image {
    let sampled = [UInt8](unsafeUninitializedCapacity: pixels.count) { out, count in
      count = pixels.count
      guard let target = out.baseAddress else { return }
      pixels.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        let sampler = BilinearSampler(base, width: width, height: height, border: border)
        for y in 0..<height {
          for x in 0..<width {
            let (sx, sy) = place(x, y)
            sampler.sample(sx, sy, into: target + 3 * (y * width + x))
          }
        }
      }
    }
    return Image(width: width, height: height, pixels: sampled)
  }
}
