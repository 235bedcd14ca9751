/// What a person may decide about how a network runs.
public struct PlanOptions: Hashable, Sendable {
  /// Only methods whose rounding is that of a plain sum of products: no Winograd.
  public var isExact: Bool
  /// Take this method wherever an operator offers it, whatever it costs.
  public var method: String?
  /// Fold and fuse operators; off only to compare with the plain network.
  public var rewrites: Bool

  /// The fastest plan, unless something else is asked for.
  public init(isExact: Bool = false, method: String? = nil, rewrites: Bool = true) {
    self.isExact = isExact
    self.method = method
    self.rewrites = rewrites
  }
}
