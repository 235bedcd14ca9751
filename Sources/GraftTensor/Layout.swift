/// How the elements of a rank-4 activation lie in memory.
///
/// Shapes are always written `[N, C, H, W]`; the layout says which axis is innermost. Values of any
/// other rank are row-major and always `channelsFirst`.
public enum Layout: Hashable, Sendable {
  /// NCHW: as ONNX writes it.
  case channelsFirst
  /// NHWC: as graft computes.
  case channelsLast

  /// The memory axes of a value of the given rank, outermost first, as axes of its shape.
  public func axes(rank: Int) -> [Int] {
    self == .channelsLast && rank == 4 ? [0, 2, 3, 1] : Array(0..<rank)
  }

  /// True where both layouts put every element at the same place: other ranks, one channel, one
  /// pixel.
  public static func coincide(_ shape: Shape) -> Bool {
    shape.rank != 4 || shape[1] == 1 || shape[2] * shape[3] == 1
  }
}
