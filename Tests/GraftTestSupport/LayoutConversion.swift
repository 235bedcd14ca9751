package import GraftTensor

extension Layout {
  /// Elements in ONNX order, laid out as this layout has them.
  package func arranging(_ elements: [Float], _ shape: Shape) -> [Float] {
    guard shape.rank == 4 else { return elements }
    var out = elements
    for (offset, place) in places(shape).enumerated() { out[place] = elements[offset] }
    return out
  }

  /// Elements as this layout has them, put into ONNX order.
  package func restoring(_ elements: [Float], _ shape: Shape) -> [Float] {
    guard shape.rank == 4 else { return elements }
    return places(shape).map { elements[$0] }
  }

  /// Where each element of a rank-4 shape, in ONNX order, lies in memory.
  private func places(_ shape: Shape) -> [Int] {
    let (from, to) = (shape.strides, Layout.strides(shape, self))
    return (0..<shape.elementCount).map { offset in
      (0..<4).reduce(0) { $0 + offset / from[$1] % shape[$1] * to[$1] }
    }
  }
}
