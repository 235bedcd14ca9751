public import GraftTensor

/// The mean of the squared differences: `L = Σₙ Σₖ (aₙₖ − yₙₖ)² / (N·K)`.
///
/// Targets are any numbers. Gradient: `2·(a − y) / (N·K)`. Sums are in Double.
/// Source: the definition of `torch.nn.MSELoss`.
public struct MeanSquaredError: Loss, Hashable {
  /// There is nothing to set.
  public init() {}

  /// The sum of the rows' losses divided by `total`; assigns its gradient.
  public func evaluate(
    _ outputs: TensorView, targets: TensorView, total: Double, gradient: MutableTensorView?
  ) -> Double {
    let size = Double(max(outputs.shape.elementCountPerImage, 1))
    return squaredError(outputs, targets, factor: 1 / (size * total), gradient)
  }
}

/// Half the squared distance from the target, the delta rule's error:
/// `L = Σₙ ½·Σₖ (aₙₖ − yₙₖ)² / N`.
///
/// Targets are any numbers. Gradient: `(a − y) / N`, which of a linear neuron `a = Σ w·x` makes the
/// rule `w ← w − η·(a − y)·x`. With a `total` of 1 in place of N it is the sum over the samples.
/// Source: Widrow, Hoff, "Adaptive switching circuits", 1960.
public struct HalfSquaredError: Loss, Hashable {
  /// There is nothing to set.
  public init() {}

  /// The sum of the rows' losses divided by `total`; assigns its gradient.
  public func evaluate(
    _ outputs: TensorView, targets: TensorView, total: Double, gradient: MutableTensorView?
  ) -> Double {
    squaredError(outputs, targets, factor: 0.5 / total, gradient)
  }
}

/// `factor · Σ (a − y)²` and its gradient.
private func squaredError(
  _ outputs: TensorView, _ targets: TensorView, factor: Double, _ gradient: MutableTensorView?
) -> Double {
  factor
    * sumOfRows(outputs, targets, gradient) { a, y, da in
      var sum = 0.0
      for k in 0..<a.count {
        let difference = Double(a[k]) - Double(y[k])
        sum += difference * difference
        da?[k] = Float(2 * factor * difference)
      }
      return sum
    }
}
