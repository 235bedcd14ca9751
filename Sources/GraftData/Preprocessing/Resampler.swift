import CGraftImage

/// Resizes an image that comes row by row, and keeps the window that is wanted.
///
/// Output x is the mean of the input around `(x + 1/2) * scale`, weighted by a triangle as wide as
/// the reduction; first along rows, rounded to 8 bits, then along columns. Weights are whole
/// multiples of 2^-22, so that the result does not depend on the order of sums. An output row is
/// written with the last row that it needs: the memory is that of the output and of as many narrow
/// rows as one output row needs, however large the photo.
///
/// Source: the resampling that Pillow's documentation describes as `BILINEAR`.
struct Resampler: ~Copyable {
  private let inputWidth: Int
  private let geometry: Geometry
  private let columns: Taps
  private let rows: Taps
  private let rowBytes: Int
  /// The last `rows.count` input rows, narrow; row y lies in place y modulo that.
  private let recent: UnsafeMutablePointer<UInt8>
  /// Those that make an output row, from the top.
  private let needed: UnsafeMutablePointer<UnsafePointer<UInt8>?>
  private let window: UnsafeMutablePointer<UInt8>
  private var row = 0
  /// Output rows that are done.
  private var done = 0

  init(from size: Geometry.Size, _ geometry: Geometry) {
    self.geometry = geometry
    inputWidth = size.width
    columns = Taps(
      from: size.width, to: geometry.resized.width,
      window: geometry.left..<geometry.left + geometry.width)
    rows = Taps(
      from: size.height, to: geometry.resized.height,
      window: geometry.top..<geometry.top + geometry.height)
    rowBytes = 3 * geometry.width
    recent = .allocate(capacity: rowBytes * rows.count)
    needed = .allocate(capacity: rows.count)
    needed.initialize(repeating: nil, count: rows.count)
    window = .allocate(capacity: rowBytes * geometry.height)
  }

  deinit {
    recent.deallocate()
    needed.deallocate()
    window.deallocate()
  }

  /// Takes the next row of the input.
  mutating func push(_ input: UnsafePointer<UInt8>) {
    defer { row += 1 }
    guard done < geometry.height, rows.start(done) <= row else { return }
    columns.withPointers { starts, weights in
      graft_resample_row(
        input, inputWidth, place(of: row), geometry.width, starts, weights, columns.count)
    }
    while done < geometry.height, rows.start(done) + rows.count == row + 1 {
      for tap in 0..<rows.count {
        needed[tap] = UnsafePointer(place(of: rows.start(done) + tap))
      }
      rows.withPointers { _, weights in
        graft_resample_column(
          needed, weights + done * rows.count, rows.count, window + done * rowBytes, rowBytes)
      }
      done += 1
    }
  }

  private func place(of row: Int) -> UnsafeMutablePointer<UInt8> {
    recent + row % rows.count * rowBytes
  }

  /// The output, margins included, after the last row.
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
        out.update(from: window + y * rowBytes, count: rowBytes)
      }
    }
  }
}

/// Which inputs make each output of a window, and with what weights in units of 2^-22.
///
/// Every output has the same number of inputs, some with weight zero, so that loops have one length.
private struct Taps {
  /// Inputs of an output.
  let count: Int
  private let starts: [Int32]
  private let weights: [Int32]

  init(from inputs: Int, to outputs: Int, window: Range<Int>) {
    let scale = Double(inputs) / Double(outputs)
    // A triangle narrower than one input pixel would miss pixels.
    let radius = max(scale, 1)
    let inverse = 1 / radius
    func center(_ output: Int) -> Double { (Double(output) + 0.5) * scale }
    func reach(_ output: Int) -> Range<Int> {
      let first = max(Int(center(output) - radius + 0.5), 0)
      return first..<max(first, min(Int(center(output) + radius + 0.5), inputs))
    }
    count = window.reduce(1) { max($0, reach($1).count) }
    var starts: [Int32] = []
    var weights = [Int32](repeating: 0, count: window.count * count)
    for (place, output) in window.enumerated() {
      let reach = reach(output)
      let center = center(output)
      var exact = reach.map { max(0, 1 - abs((Double($0) - center + 0.5) * inverse)) }
      let total = exact.reduce(0, +)
      if total != 0 { exact = exact.map { $0 / total } }
      let start = min(reach.lowerBound, inputs - count)
      for (index, weight) in zip(reach, exact) {
        weights[place * count + index - start] = Int32(weight * Double(1 << 22) + 0.5)
      }
      starts.append(Int32(start))
    }
    self.starts = starts
    self.weights = weights
  }

  func start(_ output: Int) -> Int { Int(starts[output]) }

  func withPointers(_ body: (UnsafePointer<Int32>, UnsafePointer<Int32>) -> Void) {
    starts.withUnsafeBufferPointer { starts in
      weights.withUnsafeBufferPointer { weights in
        body(starts.baseAddress!, weights.baseAddress!)
      }
    }
  }
}
