/// Something that keeps training from going on: data that do not fit, a run that diverges, or a
/// file of results that cannot be written.
///
/// The message is one sentence for a person: what was found, what was expected, what to do.
public struct TrainingError: Error, Hashable, Sendable {
  /// What to blame, which decides the exit code of the command line.
  public enum Kind: Hashable, Sendable {
    /// The samples or labels do not fit the network or one another.
    case badData
    /// A setting is outside its range, or a name is not known.
    case badSetting
    /// The loss or the weights are no longer finite.
    case diverged
    /// The system failed: permission, disk full, input/output error.
    case system
  }

  /// What to blame.
  public var kind: Kind
  /// One sentence.
  public var message: String
  /// Further lines for the person, printed indented.
  public var hints: [String]

  /// An error with its way out, if there is one.
  public init(_ message: String, kind: Kind, hints: [String] = []) {
    self.kind = kind
    self.message = message
    self.hints = hints
  }
}

extension TrainingError: CustomStringConvertible {
  /// The message, the hints below.
  public var description: String {
    ([message] + hints.map { "  " + $0 }).joined(separator: "\n")
  }
}
