/// What the reader accepts from a file that anyone may have made.
///
/// The weights themselves are not limited: they are mapped, not copied.
public struct ONNXLimits: Hashable, Sendable {
  /// Messages within messages. A network has about ten levels.
  public var depth = 100
  /// Nodes, in subgraphs and functions too.
  public var nodes = 100_000
  /// Memory for the structure (everything but weights): this many bytes for each byte of it …
  public var structureFactor = 8
  /// … and this many on top.
  public var structureBytes = 64 << 20

  /// Far beyond any network that is a classifier.
  public static let standard = ONNXLimits()

  /// The standard limits, to be changed.
  public init() {}
}
