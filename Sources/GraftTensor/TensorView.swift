/// A read-only window on floats that somebody else owns, valid for one call.
///
/// `shape` is always the ONNX shape `[N, C, H, W]`; `layout` says how a rank-4 activation lies in
/// memory.
public struct TensorView {
  /// The ONNX shape, whatever the layout.
  public let shape: Shape
  /// How the elements lie in memory.
  public let layout: Layout
  /// The first element in memory.
  public let base: UnsafePointer<Float>

  /// A window on memory; only activations of rank 4 have a layout of their own.
  public init(_ shape: Shape, _ base: UnsafePointer<Float>, layout: Layout = .channelsFirst) {
    self.shape = shape
    self.layout = shape.rank == 4 ? layout : .channelsFirst
    self.base = base
  }

  /// How many elements there are.
  public var count: Int { shape.elementCount }

  /// The elements in memory order.
  public var elements: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: base, count: count)
  }
}

/// A window for writing on floats that somebody else owns, valid for one call.
public struct MutableTensorView {
  /// The ONNX shape, whatever the layout.
  public let shape: Shape
  /// How the elements lie in memory.
  public let layout: Layout
  /// The first element in memory.
  public let base: UnsafeMutablePointer<Float>

  /// A window on memory; only activations of rank 4 have a layout of their own.
  public init(_ shape: Shape, _ base: UnsafeMutablePointer<Float>, layout: Layout = .channelsFirst)
  {
    self.shape = shape
    self.layout = shape.rank == 4 ? layout : .channelsFirst
    self.base = base
  }

  /// How many elements there are.
  public var count: Int { shape.elementCount }

  /// The elements in memory order.
  public var elements: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: base, count: count)
  }

  /// The same window, for reading.
  public var readOnly: TensorView { TensorView(shape, base, layout: layout) }
}

// MARK: - Memory order

/// Axes and extents as they lie in memory, for operators that compute in either layout.
extension TensorView {
  /// The dimensions in memory order, outermost first: `[N, H, W, C]` for channels-last.
  public var memoryShape: Shape { Shape(layout.axes(rank: shape.rank).map { shape[$0] }) }

  /// Where axis `axis` of the shape lies in memory order.
  public func memoryAxis(_ axis: Int) -> Int {
    layout.axes(rank: shape.rank).firstIndex(of: axis) ?? axis
  }

  /// Distance in elements between neighbours along each axis of the shape.
  public var strides: [Int] { Layout.strides(shape, layout) }
}

extension MutableTensorView {
  /// The dimensions in memory order, outermost first: `[N, H, W, C]` for channels-last.
  public var memoryShape: Shape { readOnly.memoryShape }
  /// Where axis `axis` of the shape lies in memory order.
  public func memoryAxis(_ axis: Int) -> Int { readOnly.memoryAxis(axis) }
  /// Distance in elements between neighbours along each axis of the shape.
  public var strides: [Int] { Layout.strides(shape, layout) }
}

extension Layout {
  /// Distance in elements between neighbours along each axis of a `[N, C, H, W]` shape.
  public static func strides(_ shape: Shape, _ layout: Layout) -> [Int] {
    let axes = layout.axes(rank: shape.rank)
    let inMemory = Shape(axes.map { shape[$0] }).strides
    var strides = [Int](repeating: 1, count: shape.rank)
    for (place, axis) in axes.enumerated() { strides[axis] = inMemory[place] }
    return strides
  }
}
