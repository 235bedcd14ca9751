/// A network that graft cannot use, or an edit that does not fit it.
public struct GraphError: Error, Hashable, Sendable {
  /// What was found, what was expected, what to do.
  public var message: String
  /// Further lines for the person, printed indented.
  public var hints: [String]

  /// An error with its way out, if there is one.
  public init(_ message: String, hints: [String] = []) {
    self.message = message
    self.hints = hints
  }

  /// The same error with the name of the file in front.
  public func `in`(file: String) -> GraphError { GraphError("\(file): \(message)", hints: hints) }
}

extension GraphError: CustomStringConvertible {
  /// The message and its hints, a line each.
  public var description: String {
    ([message] + hints.map { "  " + $0 }).joined(separator: "\n")
  }
}
