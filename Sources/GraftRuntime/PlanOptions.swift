#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

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

// MARK: - The environment

extension PlanOptions {
  private static let methods = ["direct", "winograd"]

  /// What `GRAFT_METHOD` forces, for tests and measurements; nil where it is not set.
  static let environmentMethod = getenv("GRAFT_METHOD").map { String(cString: $0) }

  /// What is wrong with `GRAFT_METHOD`, in words; nil where nothing is.
  public static var environmentProblem: String? {
    guard let method = environmentMethod, !methods.contains(method) else { return nil }
    return "GRAFT_METHOD is \"\(method)\"; expected direct or winograd"
  }
}
