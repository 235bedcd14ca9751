/// Rows of tensors as samples with targets.
struct TensorSamples: SampleSource {
  /// `[N, …]`
  let x: Tensor
  /// `[N, K]`
  let y: Tensor
  /// Of `x` and `y`, those that belong to this source.
  let range: Range<Int>
  /// The class of each row: the place of its largest target.
  let labels: [Int]

  init(_ x: Tensor, _ y: Tensor, _ range: Range<Int>) {
    self.x = x
    self.y = y
    self.range = range
    let outputs = y.shape.elementCountPerImage
    labels = y.withUnsafeElements { y in
      range.map { row in
        let targets = y[row * outputs..<(row + 1) * outputs]
        return targets.indices.max { targets[$0] < targets[$1] }! - row * outputs
      }
    }
  }

  var sampleShape: Shape { Shape(Array(x.shape.dimensions.dropFirst())) }
  var layout: Layout { .channelsFirst }

  func read(
    _ indices: ArraySlice<Int>, epoch: Int?, into memory: UnsafeMutablePointer<Float>
  ) throws(TrainingError) {
    copy(indices, of: x, into: memory)
  }

  func writeTargets(
    of indices: ArraySlice<Int>, outputs: Int, into rows: UnsafeMutablePointer<Float>
  ) {
    copy(indices, of: y, into: rows)
  }

  private func copy(
    _ indices: ArraySlice<Int>, of tensor: Tensor, into memory: UnsafeMutablePointer<Float>
  ) {
    let size = tensor.shape.elementCountPerImage
    tensor.withUnsafeElements { elements in
      guard let base = elements.baseAddress else { return }
      for (row, index) in indices.enumerated() {
        (memory + row * size).update(from: base + (range.lowerBound + index) * size, count: size)
      }
    }
  }
}
