/// Something wrong in a safetensors file, or in reading one.
///
/// The message is one sentence for a person: what was found, what was expected, what to do.
public struct SafetensorsError: Error, Hashable, Sendable {
  /// What to blame, which decides the exit code of the command line.
  public enum Kind: Hashable, Sendable {
    /// The bytes are no safetensors file that graft reads.
    case badData
    /// The file is not there.
    case missing
    /// The system failed: permission, input/output error.
    case system
  }

  /// What is to blame.
  public var kind: Kind
  /// One sentence, and perhaps one that says what to do.
  public var message: String
  /// Further lines for the person, printed indented.
  public var hints: [String]

  /// An error with its sentence.
  public init(_ message: String, kind: Kind = .badData, hints: [String] = []) {
    self.kind = kind
    self.message = message
    self.hints = hints
  }
}
