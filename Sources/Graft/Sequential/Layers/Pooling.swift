/// Largest number of each square window: input `[C, H, W]`, output `[C, H', W']`.
public struct MaxPooling2D: SequentialLayer {
  /// Side of the window.
  public let poolSize: Int
  /// Pixels from one window to the next.
  public let strides: Int
  /// `max_pooling2d`
  public var kind: String { "max_pooling2d" }

  /// Windows that do not overlap, unless strides say so.
  public init(_ poolSize: Int = 2, strides: Int? = nil) {
    self.poolSize = poolSize
    self.strides = strides ?? poolSize
  }

  /// A MaxPool.
  public func build(
    behind x: GraphBuilder.Value, named name: String, in net: inout GraphBuilder
  ) -> GraphBuilder.Value {
    net.maxPool(x, kernel: poolSize, stride: strides, name: name)
  }
}

/// Mean of each square window: input `[C, H, W]`, output `[C, H', W']`.
public struct AveragePooling2D: SequentialLayer {
  /// Side of the window.
  public let poolSize: Int
  /// Pixels from one window to the next.
  public let strides: Int
  /// `average_pooling2d`
  public var kind: String { "average_pooling2d" }

  /// Windows that do not overlap, unless strides say so.
  public init(_ poolSize: Int = 2, strides: Int? = nil) {
    self.poolSize = poolSize
    self.strides = strides ?? poolSize
  }

  /// An AveragePool.
  public func build(
    behind x: GraphBuilder.Value, named name: String, in net: inout GraphBuilder
  ) -> GraphBuilder.Value {
    net.averagePool(x, kernel: poolSize, stride: strides, name: name)
  }
}

/// Mean of each channel: input `[C, H, W]`, output `[C]`.
public struct GlobalAveragePooling2D: SequentialLayer {
  /// `global_average_pooling2d`
  public var kind: String { "global_average_pooling2d" }

  /// The layer.
  public init() {}

  /// A GlobalAveragePool and a Flatten.
  public func build(
    behind x: GraphBuilder.Value, named name: String, in net: inout GraphBuilder
  ) -> GraphBuilder.Value {
    net.globalAverage(x, name: name)
  }
}
