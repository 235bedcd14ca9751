/// Something wrong with a photo, a folder of photos, or how photos are to be prepared.
///
/// The message is one sentence for a person: what was found, what was expected, what to do. It does
/// not name the file; whoever opened the file adds that once, with `in(file:)`.
public struct DataError: Error, Hashable, Sendable {
  /// What to blame, which decides the exit code of the command line.
  public enum Kind: Hashable, Sendable {
    /// The bytes are no photo, the folder no set of photos, that graft reads.
    case badData
    /// The file or folder is not there.
    case missing
    /// The system failed: permission, disk full, input/output error.
    case system
    /// The output cannot be created.
    case cannotCreate
  }

  public var kind: Kind
  public var message: String
  /// Further lines for the person, printed indented.
  public var hints: [String]

  public init(_ message: String, kind: Kind = .badData, hints: [String] = []) {
    self.kind = kind
    self.message = message
    self.hints = hints
  }

  /// The same error with the name of the file in front.
  public func `in`(file: String) -> DataError {
    DataError("\(file): \(message)", kind: kind, hints: hints)
  }
}

extension DataError: CustomStringConvertible {
  public var description: String {
    ([message] + hints.map { "  " + $0 }).joined(separator: "\n")
  }
}
