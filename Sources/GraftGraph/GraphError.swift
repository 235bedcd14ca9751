/// A network that graft cannot use, or an edit that does not fit it.
public struct GraphError: Error, Hashable, Sendable {
  public var message: String
  /// Further lines for the person, printed indented.
  public var hints: [String]

  public init(_ message: String, hints: [String] = []) {
    self.message = message
    self.hints = hints
  }

  /// The same error with the name of the file in front.
  public func `in`(file: String) -> GraphError { GraphError("\(file): \(message)", hints: hints) }
}

extension GraphError: CustomStringConvertible {
  public var description: String {
    ([message] + hints.map { "  " + $0 }).joined(separator: "\n")
  }
}
