/// What is grafted on a network's features, `[N, F]`, and tells the new classes apart.
public enum Head: Hashable, Sendable {
  /// One fully connected layer: `F → classes`.
  case linear
  /// Fully connected layers of these sizes, a Relu behind each, and one to the classes.
  case mlp([Int])
  /// The cosine of the angle between the features and a direction for each class, times a learned
  /// scale: lengths do not count, of features or of weights (Gidaris and Komodakis 2018).
  case cosine

  /// Reads `linear`, `cosine`, `mlp:512`, or `mlp:512,128` for two hidden layers.
  ///
  /// - Throws: ``GraftError`` that says what is expected.
  public init(_ text: String) throws(GraftError) {
    switch text {
    case "linear": self = .linear
    case "cosine": self = .cosine
    default:
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let words =
        parts.count == 2
        ? parts[1].split(separator: ",", omittingEmptySubsequences: false) : []
      let sizes = words.compactMap { Int($0) }
      guard parts[0] == "mlp", !sizes.isEmpty, sizes.count == words.count,
        sizes.allSatisfy(Self.hiddenSizes.contains), sizes.count <= Self.mostHiddenLayers,
        zip(sizes, sizes.dropFirst()).allSatisfy({ $0 * $1 <= Self.mostWeights })
      else {
        throw GraftError(
          "'\(DisplayName.escaped(text))' is no head; expected linear, cosine, mlp:512, or mlp:512,128",
          kind: .usage)
      }
      self = .mlp(sizes)
    }
  }

  private static let hiddenSizes = 1...65_536
  private static let mostHiddenLayers = 8
  /// Of a layer: as many as VGG's largest has, and some.
  private static let mostWeights = 1 << 28
}

extension Head: CustomStringConvertible {
  /// As it is written.
  public var description: String {
    switch self {
    case .linear: "linear"
    case .cosine: "cosine"
    case .mlp(let sizes): "mlp:" + sizes.map { "\($0)" }.joined(separator: ",")
    }
  }
}

extension Head: Codable {
  /// Reads what ``encode(to:)`` writes.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    self = try Head(text)
  }

  /// As one word.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
