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
  /// What was trained: `head`, or `all` layers.
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

  /// For a model that was trained by other means than ``Model/fineTune(on:options:onEvent:)``.
  public init(
    base: Base, trained: String, classes: [String], trainingPhotos: Int, validationPhotos: Int,
    splitHash: String, settings: TrainingOptions, validation: ValidationReport?,
    graftVersion: String = Graft.graftVersion
  ) {
    self.base = base
    self.trained = trained
    self.classes = classes
    self.trainingPhotos = trainingPhotos
    self.validationPhotos = validationPhotos
    self.splitHash = splitHash
    self.settings = settings
    self.validation = validation
    self.graftVersion = graftVersion
  }
}
