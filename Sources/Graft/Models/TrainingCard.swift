/// How a model was made, as it travels in the file under `graft.card`.
public struct TrainingCard: Hashable, Sendable, Codable {
  /// The network it was grafted on.
  public struct Base: Hashable, Sendable, Codable {
    public var name: String
    /// In hexadecimal; nil where the network had no file.
    public var sha256: String?

    public init(name: String, sha256: String?) {
      self.name = name
      self.sha256 = sha256
    }
  }

  public var base: Base
  /// What was trained: `head`.
  public var trained: String
  public var classes: [String]
  public var trainingPhotos: Int
  public var validationPhotos: Int
  /// SHA-256 of which photo was on which side.
  public var splitHash: String
  public var settings: TrainingOptions
  /// Nil where no photo was kept back.
  public var validation: ValidationReport?
  /// Version of graft that made it.
  public var graftVersion: String
}
