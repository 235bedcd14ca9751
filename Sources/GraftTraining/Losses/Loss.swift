public import GraftTensor

/// What training makes small: a number for each batch of logits and labels, with its gradient.
public protocol Loss: Sendable {
  /// Mean loss of the batch; assigns ∂loss/∂logits where a gradient is asked for.
  ///
  /// Logits are `[N, K]`, or `[N, K, 1, 1]`.
  ///
  /// - Precondition: one label in `0..<K` for each row; the gradient has the shape of the logits.
  func evaluate(
    _ logits: TensorView, labels: some Collection<Int>, gradient: MutableTensorView?
  ) -> Float
}
