public import GraftTensor

/// Every sample with another shining through, and both their classes for a target.
///
///     x ← λ·x + (1−λ)·x′        t ← λ·t + (1−λ)·t′        λ ~ Beta(α, α)
///
/// x′ is another sample of the batch, in random order; λ is drawn once for each batch. A small α
/// mostly leaves one of the two nearly alone. Samples `[N, …]` of any shape, targets `[N, K]`.
///
/// Source: Zhang et al., "mixup: beyond empirical risk minimization", ICLR 2018, with one λ and one
/// permutation for a batch as in the authors' program.
public struct Mixup: BatchMixing, Hashable {
  /// α; the paper's is 0.1 to 0.4.
  public let alpha: Double

  /// - Precondition: α above 0.
  public init(alpha: Double = 0.2) {
    precondition(alpha > 0 && alpha.isFinite, "α of a Beta distribution is above 0")
    self.alpha = alpha
  }

  /// Draws λ, then the partners.
  public func mix(
    _ batch: MutableTensorView, targets: MutableTensorView,
    using generator: inout SeededGenerator
  ) {
    precondition(targets.shape[0] == batch.shape[0], "a row of targets for each sample")
    let share = Float(generator.beta(alpha, alpha))
    let partners = generator.permutation(of: batch.shape[0])
    batch.blendRows(with: partners, share: share)
    targets.blendRows(with: partners, share: share)
  }
}
