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
  /// What was trained: `head`, or `all` layers.
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
  /// What was grafted; nil where it was the network's own last layer, for other classes.
  public var head: Head?
  /// Nil where no photo was kept back, or what was learned are no classes.
  public var validation: ValidationReport?
  /// In place of that where photos have several labels.
  public var multiLabel: MultiLabelReport?
  /// In place of that where photos have numbers.
  public var regression: RegressionReport?
  /// Version of graft that made it.
  public var graftVersion: String

  /// For a model that was trained by other means than ``Model/fineTune(on:options:onEvent:)``.
  public init(
    base: Base, trained: String, classes: [String], trainingPhotos: Int, validationPhotos: Int,
    splitHash: String, settings: TrainingOptions, head: Head? = nil, validation: ValidationReport?,
    multiLabel: MultiLabelReport? = nil, regression: RegressionReport? = nil,
    graftVersion: String = Graft.graftVersion
  ) {
    self.base = base
    self.trained = trained
    self.classes = classes
    self.trainingPhotos = trainingPhotos
    self.validationPhotos = validationPhotos
    self.splitHash = splitHash
    self.settings = settings
    self.head = head
    self.validation = validation
    self.multiLabel = multiLabel
    self.regression = regression
    self.graftVersion = graftVersion
  }
}
