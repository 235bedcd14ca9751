/// Something wrong in an ONNX file, or in reading or writing one.
///
/// The message is one sentence for a person: what was found, what was expected, what to do. It does
/// not name the file; whoever opened the file adds that once, with `in(file:)`.
public struct ONNXError: Error, Hashable, Sendable {
  /// What to blame, which decides the exit code of the command line.
  public enum Kind: Hashable, Sendable {
    /// The bytes are no ONNX model that graft reads.
    case badData
    /// The file, or one it refers to, is not there.
    case missing
    /// The system failed: permission, disk full, input/output error.
    case system
    /// The output cannot be created.
    case cannotCreate
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

  /// The same error with the name of the file in front, escaped, and all of it cut to 400 characters.
  public func `in`(file: String) -> ONNXError {
    let named = "\(file.escaped(limit: Self.fileNameLimit)): \(message)"
    let fitting = named.count <= 400 ? named : named.prefix(399) + "…"
    return ONNXError(fitting, kind: kind, hints: hints)
  }

  static let fileNameLimit = 120
}

extension ONNXError: CustomStringConvertible {
  /// The message, then the hints, one a line and indented.
  public var description: String {
    ([message] + hints.map { "  " + $0 }).joined(separator: "\n")
  }
}
