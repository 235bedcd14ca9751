/// Shapes that do not fit an operator, or sizes beyond any machine.
///
/// States the fact; whoever knows the node adds its name.
public struct ShapeError: Error, Hashable, Sendable, CustomStringConvertible {
  public var message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}
