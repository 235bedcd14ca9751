/// Shapes that do not fit an operator, or sizes beyond any machine.
///
/// States the fact; whoever knows the node adds its name.
public struct ShapeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was found, and what was expected.
  public var message: String
  /// Shapes that an operator cannot take.
  public init(_ message: String) { self.message = message }
  /// The message.
  public var description: String { message }
}
