import CGraftImage

/// Resizes an image that comes row by row, and keeps the window that is wanted.
///
/// Output x is the mean of the input around `(x + 1/2) * scale`, weighted by a triangle as wide as
/// the reduction; first along rows, rounded to 8 bits, then along columns. Weights are whole
/// multiples of 2^-22, so that the result does not depend on the order of sums. Columns are summed
/// up as rows arrive: the memory is that of the output, however large the photo.
///
/// Source: the resampling that Pillow's documentation describes as `BILINEAR`.
struct Resampler: ~Copyable {
  private let geometry: Geometry
  private let columns: Taps
  private let rows: Taps
  private let rowBytes: Int
  private let narrow: UnsafeMutablePointer<UInt8>
  private let sums: UnsafeMutablePointer<Int32>
  private var row = 0
  /// The first output row that still lacks input.
  private var firstOpen = 0

  init(from size: Geometry.Size, _ geometry: Geometry) {
    self.geometry = geometry
    columns = Taps(
      from: size.width, to: geometry.resized.width,
      window: geometry.left..<geometry.left + geometry.width)
    rows = Taps(
      from: size.height, to: geometry.resized.height,
      window: geometry.top..<geometry.top + geometry.height)
    rowBytes = 3 * geometry.width
    narrow = .allocate(capacity: rowBytes)
    sums = .allocate(capacity: rowBytes * geometry.height)
    sums.initialize(repeating: 0, count: rowBytes * geometry.height)
  }

  deinit {
    narrow.deallocate()
    sums.deallocate()
  }

  /// Takes the next row of the input.
  mutating func push(_ input: UnsafePointer<UInt8>) {
    defer { row += 1 }
    while firstOpen < geometry.height, rows.end(firstOpen) <= row { firstOpen += 1 }
    guard firstOpen < geometry.height, rows.start(firstOpen) <= row else { return }
    columns.withPointers { starts, counts, weights in
      graft_resample_row(input, narrow, geometry.width, starts, counts, weights, columns.stride)
    }
    var y = firstOpen
    while y < geometry.height, rows.start(y) <= row {
      let weight = rows.weight(y, of: row)
      if weight != 0 { graft_resample_add(narrow, sums + y * rowBytes, rowBytes, weight) }
      y += 1
    }
  }

  /// Writes the output, margins included, after the last row.
  func finish(margin: [UInt8]) -> [UInt8] {
    let outputBytes = 3 * geometry.output.width
    return [UInt8](unsafeUninitializedCapacity: outputBytes * geometry.output.height) {
      buffer, count in
      let base = buffer.baseAddress!
      count = outputBytes * geometry.output.height
      if geometry.hasMargins {
        for index in 0..<count { base[index] = margin[index % 3] }
      }
      for y in 0..<geometry.height {
        let out = base + (geometry.marginTop + y) * outputBytes + 3 * geometry.marginLeft
        graft_resample_round(sums + y * rowBytes, out, rowBytes)
      }
    }
  }
}

/// Which inputs make each output of a window, and with what weights in units of 2^-22.
private struct Taps {
  let stride: Int
  private let starts: [Int32]
  private let counts: [Int32]
  private let weights: [Int32]

  init(from inputs: Int, to outputs: Int, window: Range<Int>) {
    let scale = Double(inputs) / Double(outputs)
    // A triangle narrower than one input pixel would miss pixels.
    let radius = max(scale, 1)
    let inverse = 1 / radius
    stride = min(Int(radius.rounded(.up)) * 2 + 1, inputs)
    var starts: [Int32] = []
    var counts: [Int32] = []
    var weights = [Int32](repeating: 0, count: window.count * stride)
    for (place, output) in window.enumerated() {
      let center = (Double(output) + 0.5) * scale
      let first = max(Int(center - radius + 0.5), 0)
      let end = min(Int(center + radius + 0.5), inputs)
      var exact = (first..<end).map { input in
        max(0, 1 - abs((Double(input) - center + 0.5) * inverse))
      }
      let total = exact.reduce(0, +)
      if total != 0 { exact = exact.map { $0 / total } }
      for (index, weight) in exact.enumerated() {
        weights[place * stride + index] = Int32(weight * Double(1 << 22) + 0.5)
      }
      starts.append(Int32(first))
      counts.append(Int32(end - first))
    }
    self.starts = starts
    self.counts = counts
    self.weights = weights
  }

  func start(_ output: Int) -> Int { Int(starts[output]) }
  func end(_ output: Int) -> Int { Int(starts[output] + counts[output]) }

  func weight(_ output: Int, of input: Int) -> Int32 {
    input < end(output) ? weights[output * stride + input - start(output)] : 0
  }

  func withPointers(
    _ body: (UnsafePointer<Int32>, UnsafePointer<Int32>, UnsafePointer<Int32>) -> Void
  ) {
    starts.withUnsafeBufferPointer { starts in
      counts.withUnsafeBufferPointer { counts in
        weights.withUnsafeBufferPointer { weights in
          body(starts.baseAddress!, counts.baseAddress!, weights.baseAddress!)
        }
      }
    }
  }
}
