package import GraftTensor

/// A row-major array of `Double` in ONNX order: what oracles compute with.
package struct DoubleTensor: Equatable, Sendable {
  package let shape: Shape
  package var values: [Double]
  private let strides: [Int]

  package init(_ shape: Shape, _ values: [Double]) {
    precondition(values.count == shape.elementCount, "\(values.count) values for \(shape)")
    self.shape = shape
    self.values = values
    strides = shape.strides
  }

  package init(zeros shape: Shape) {
    self.init(shape, [Double](repeating: 0, count: shape.elementCount))
  }

  package init(_ shape: Shape, floats: [Float]) { self.init(shape, floats.map(Double.init)) }

  /// The element at the given index, one number per axis.
  package subscript(_ index: Int...) -> Double {
    get { values[offset(index)] }
    set { values[offset(index)] = newValue }
  }

  package subscript(at index: [Int]) -> Double {
    get { values[offset(index)] }
    set { values[offset(index)] = newValue }
  }

  private func offset(_ index: [Int]) -> Int {
    precondition(index.count == strides.count, "index \(index) in \(shape)")
    var offset = 0
    for axis in index.indices {
      precondition(index[axis] >= 0 && index[axis] < shape[axis], "index \(index) in \(shape)")
      offset += index[axis] * strides[axis]
    }
    return offset
  }

  /// The index of each element, in row-major order.
  package var indices: [[Int]] { (0..<values.count).map { index(of: $0) } }

  /// One number per axis for an offset in row-major order.
  package func index(of offset: Int) -> [Int] {
    strides.indices.map { offset / strides[$0] % shape[$0] }
  }

  package func map(_ transform: (Double) -> Double) -> DoubleTensor {
    DoubleTensor(shape, values.map(transform))
  }

  /// The largest magnitude; 0 where there is no element.
  package var largest: Double { values.reduce(0) { max($0, abs($1)) } }
}

// MARK: - Broadcasting

extension DoubleTensor {
  /// NumPy's broadcasting of two tensors, element by element.
  package static func broadcast(
    _ a: DoubleTensor, _ b: DoubleTensor, _ combine: (Double, Double) -> Double
  ) -> DoubleTensor {
    let rank = max(a.shape.rank, b.shape.rank)
    let (left, right) = (a.padded(rank), b.padded(rank))
    let shape = Shape((0..<rank).map { left.shape[$0] == 1 ? right.shape[$0] : left.shape[$0] })
    let strides = shape.strides
    var out = DoubleTensor(zeros: shape)
    for offset in 0..<out.values.count {
      var (x, y) = (0, 0)
      for axis in 0..<rank {
        let index = offset / strides[axis] % shape[axis]
        if left.shape[axis] != 1 { x += index * left.strides[axis] }
        if right.shape[axis] != 1 { y += index * right.strides[axis] }
      }
      out.values[offset] = combine(left.values[x], right.values[y])
    }
    return out
  }

  private func padded(_ rank: Int) -> DoubleTensor {
    let ones = [Int](repeating: 1, count: rank - shape.rank)
    return DoubleTensor(Shape(ones + shape.dimensions), values)
  }
}
