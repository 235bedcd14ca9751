/// What a network learns to say of a photo.
public enum LearningTask: String, Hashable, Sendable, Codable, CaseIterable {
  /// The one class that it is of.
  case classification
  /// Which labels it has: none, one or several.
  case multiLabel = "multi-label"
  /// Numbers.
  case regression
}
