import GraftTensor

/// Σ of a function of each row's outputs, targets and place for the gradient, in the order of the
/// rows.
func sumOfRows(
  _ outputs: TensorView, _ targets: TensorView, _ gradient: MutableTensorView?,
  _ row: (
    UnsafeBufferPointer<Float>, UnsafeBufferPointer<Float>, UnsafeMutablePointer<Float>?
  ) -> Double
) -> Double {
  precondition(targets.count == outputs.count, "a target for each output")
  precondition(gradient == nil || gradient!.count == outputs.count, "a gradient for each output")
  let size = outputs.shape.elementCountPerImage
  var sum = 0.0
  for offset in stride(from: 0, to: outputs.count, by: max(size, 1)) {
    sum += row(
      UnsafeBufferPointer(start: outputs.base + offset, count: size),
      UnsafeBufferPointer(start: targets.base + offset, count: size),
      gradient.map { $0.base + offset })
  }
  return sum
}
