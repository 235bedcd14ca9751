package import GraftTensor

extension Layout {
  /// Elements in ONNX order, laid out as this layout has them.
  package func arranging(_ elements: [Float], _ shape: Shape) -> [Float] {
    var out = elements
    forEachPlace(shape) { out[$1] = elements[$0] }
    return out
  }

  /// Elements as this layout has them, put into ONNX order.
  package func restoring(_ elements: [Float], _ shape: Shape) -> [Float] {
    var out = elements
    forEachPlace(shape) { out[$0] = elements[$1] }
    return out
  }

  /// The offset of each element in ONNX order, and its place in memory where that differs.
  private func forEachPlace(_ shape: Shape, _ body: (_ offset: Int, _ place: Int) -> Void) {
    guard shape.rank == 4, self == .channelsLast else { return }
    let (channels, area) = (shape[1], shape[2] * shape[3])
    for image in 0..<shape[0] {
      let start = image * channels * area
      for channel in 0..<channels {
        for pixel in 0..<area {
          body(start + channel * area + pixel, start + pixel * channels + channel)
        }
      }
    }
  }
}
