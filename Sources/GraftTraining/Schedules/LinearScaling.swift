/// The linear scaling rule: k times the batch, k times the learning rate, and a gentle start.
///
/// A step on a batch k times as large stands for k steps on the smaller one, as long as the gradient
/// hardly changes between them. In the first epochs it does, so the rate rises over five epochs
/// where it was raised (``Warmup``: the paper's rise begins at the base rate, that one near 0).
/// Source: Goyal et al., "Accurate, large minibatch SGD", 2017, sections 2.1 and 2.2, which holds for
/// descent with momentum and batches up to 8192.
public enum LinearScaling {
  /// The rate for a batch, given one that suits `baseBatch`.
  ///
  /// - Precondition: at least one sample in each batch.
  public static func rate(base: Float, batch: Int, baseBatch: Int = 256) -> Float {
    precondition(batch > 0 && baseBatch > 0, "a batch needs at least one sample")
    return Float(Double(base) * Double(batch) / Double(baseBatch))
  }

  /// How many steps the rate should rise: those of `epochs` epochs where the rule raises the rate,
  /// otherwise none.
  ///
  /// - Precondition: at least one sample in each batch.
  public static func warmupSteps(
    samples: Int, batch: Int, baseBatch: Int = 256, epochs: Int = 5
  ) -> Int {
    precondition(batch > 0 && baseBatch > 0, "a batch needs at least one sample")
    return batch > baseBatch ? epochs * ((samples + batch - 1) / batch) : 0
  }
}
