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
  /// How the images of a batch go through the first steps.
  public var images: ImageOrder

  /// How the images of a batch go through the first steps, which neither learn nor are learned
  /// through. The numbers are the same either way.
  public enum ImageOrder: String, Hashable, Sendable, CaseIterable {
    /// Apart as long as that moves less memory.
    case automatic
    /// All images through each step.
    case together
    /// Each image through as many steps as can be, on one thread.
    case apart
  }

  /// The fastest plan, unless something else is asked for.
  public init(
    isExact: Bool = false, method: String? = nil, rewrites: Bool = true,
    images: ImageOrder = .automatic
  ) {
    self.isExact = isExact
    self.method = method
    self.rewrites = rewrites
    self.images = images
  }
}

// MARK: - The environment

extension PlanOptions {
  private static let methods = ["direct", "winograd", "winograd-2x2"]

  /// What `GRAFT_METHOD` forces, for tests and measurements; nil where it is not set.
  static let environmentMethod = getenv("GRAFT_METHOD").map { String(cString: $0) }

  /// What `GRAFT_IMAGES` forces, likewise.
  static let environmentImages = getenv("GRAFT_IMAGES").map { String(cString: $0) }

  /// What is wrong with `GRAFT_METHOD` or `GRAFT_IMAGES`, in words; nil where nothing is.
  public static var environmentProblem: String? {
    if let method = environmentMethod, !methods.contains(method) {
      return "GRAFT_METHOD is \"\(method)\"; expected direct, winograd or winograd-2x2"
    }
    if let images = environmentImages, ImageOrder(rawValue: images) == nil {
      return "GRAFT_IMAGES is \"\(images)\"; expected automatic, together or apart"
    }
    return nil
  }
}
