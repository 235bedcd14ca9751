public import GraftTensor

/// The mean of the squared differences where they are small and of the plain ones where they are
/// large, so that a few targets that are far off do not decide everything:
///
///     L = Σₙ Σₖ h(aₙₖ − yₙₖ) / (N·K)        h(d) = ½·d² where |d| ≤ 1, else |d| − ½
///
/// Targets are any numbers. Gradient: `clamp(a − y, −1…1) / (N·K)`. Sums are in Double.
/// Source: Huber, "Robust estimation of a location parameter", 1964; with δ = 1 the
/// `torch.nn.SmoothL1Loss`.
public struct Huber: Loss, Hashable {
  /// There is nothing to set.
  public init() {}

  /// The sum of the rows' losses divided by `total`; assigns its gradient.
  public func evaluate(
    _ outputs: TensorView, targets: TensorView, total: Double, gradient: MutableTensorView?
  ) -> Double {
    let factor = 1 / (Double(max(outputs.shape.elementCountPerImage, 1)) * total)
    return factor
      * sumOfRows(outputs, targets, gradient) { a, y, da in
        var sum = 0.0
        for k in 0..<a.count {
          let difference = Double(a[k]) - Double(y[k])
          let size = abs(difference)
          sum += size <= 1 ? 0.5 * difference * difference : size - 0.5
          da?[k] = Float(factor * min(max(difference, -1), 1))
        }
        return sum
      }
  }
}
