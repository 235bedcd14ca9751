/// How a model was made, as it travels in the file under `graft.card`.
public struct TrainingCard: Hashable, Sendable, Codable {
  /// The network it was grafted on.
  public struct Base: Hashable, Sendable, Codable {
    /// The name it was asked for by, or its file.
    public var name: String
    /// In hexadecimal; nil where the network had no file.
    public var sha256: String?

    /// A network that training began with.
    public init(name: String, sha256: String?) {
      self.name = name
      self.sha256 = sha256
    }
  }

  /// The network that training began with.
  public var base: Base
  /// What was trained: `head`.
  public var trained: String
  /// The names of the classes, in the order of the outputs.
  public var classes: [String]
  /// How many photos were learned from.
  public var trainingPhotos: Int
  /// How many photos the weights were chosen by.
  public var validationPhotos: Int
  /// SHA-256 of which photo was on which side.
  public var splitHash: String
  /// Everything that was asked of training.
  public var settings: TrainingOptions
  /// Nil where no photo was kept back.
  public var validation: ValidationReport?
  /// Version of graft that made it.
  public var graftVersion: String
}
