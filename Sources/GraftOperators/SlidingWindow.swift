package import GraftGraph
package import GraftKernels
package import GraftONNX
package import GraftTensor

/// The geometry that convolutions and pools share: kernel, strides, dilations, padding.
///
/// Along each axis, with `span = (kernel − 1) · dilation + 1`:
///
///     NOTSET, VALID   output = (input + begin + end − span) / stride + 1, rounded down, or up with
///                     ceil_mode; no window begins in the padding at the end
///     SAME_…          output = input / stride, rounded up; the padding this needs is halved, the
///                     odd pixel at the end (SAME_UPPER) or at the beginning (SAME_LOWER)
///
/// Source: ONNX operator specification, Conv-22 and MaxPool-22, and ONNX Runtime where it is silent.
package struct SlidingWindow: Hashable, Sendable {
  /// Height and width; of pools also one axis, or three.
  package private(set) var axes: [SlidingAxis]
  package var autoPad: AutoPad
  /// Round the output extent up rather than down.
  package var ceilMode: Bool

  package init(
    vertical: SlidingAxis, horizontal: SlidingAxis, autoPad: AutoPad = .explicit,
    ceilMode: Bool = false
  ) {
    axes = [vertical, horizontal]
    self.autoPad = autoPad
    self.ceilMode = ceilMode
  }

  /// - Precondition: the window has two axes.
  package var vertical: SlidingAxis { axes[axes.count - 2] }
  package var horizontal: SlidingAxis { axes[axes.count - 1] }

  /// A square kernel with the same padding on all sides.
  package init(kernel: Int, stride: Int = 1, pad: Int = 0, dilation: Int = 1) {
    let axis = SlidingAxis(
      kernel: kernel, stride: stride, dilation: dilation, padBegin: pad, padEnd: pad)
    self.init(vertical: axis, horizontal: axis)
  }
}

/// One axis of a sliding window, in pixels.
package struct SlidingAxis: Hashable, Sendable {
  package var kernel: Int
  package var stride: Int
  package var dilation: Int
  package var padBegin: Int
  package var padEnd: Int

  package init(
    kernel: Int, stride: Int = 1, dilation: Int = 1, padBegin: Int = 0, padEnd: Int = 0
  ) {
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.padBegin = padBegin
    self.padEnd = padEnd
  }

  /// Pixels from the first to the last that one window sees.
  package var span: Int { (kernel - 1) * dilation + 1 }
}

/// Who decides on the padding. `VALID` is read as explicit padding of 0.
package enum AutoPad: String, Hashable, Sendable {
  case explicit = "NOTSET"
  case sameUpper = "SAME_UPPER"
  case sameLower = "SAME_LOWER"
}

// MARK: - ONNX

extension SlidingWindow {
  /// Reads `kernel_shape`, `strides`, `dilations`, `pads`, `auto_pad`, and `ceil_mode` where the
  /// operator has it. Where the kernel is that of weights, `kernel_shape` may be missing.
  ///
  /// - Parameter ranks: how many axes the operator can slide along.
  package init(
    decoding node: borrowing NodeDecoder, weights: Shape? = nil, hasCeilMode: Bool = false,
    ranks: ClosedRange<Int> = 2...2
  ) throws(ONNXError) {
    let kernel = try Self.kernel(node, weights, ranks)
    let rank = kernel.count
    let ones = [Int](repeating: 1, count: rank)
    let strides = try Self.list(node, "strides", count: rank, smallest: 1) ?? ones
    let dilations = try Self.list(node, "dilations", count: rank, smallest: 1) ?? ones
    let pads =
      try Self.list(node, "pads", count: 2 * rank, smallest: 0)
      ?? [Int](repeating: 0, count: 2 * rank)
    autoPad = try Self.autoPad(node, pads)
    ceilMode = hasCeilMode ? try node.int("ceil_mode", default: 0) != 0 : false
    axes = (0..<rank).map {
      SlidingAxis(
        kernel: kernel[$0], stride: strides[$0], dilation: dilations[$0],
        padBegin: pads[$0], padEnd: pads[rank + $0])
    }
  }

  package func encode(into node: inout NodeEncoder) {
    node.set("kernel_shape", axes.map(\.kernel))
    node.set("strides", axes.map(\.stride))
    if isDilated { node.set("dilations", axes.map(\.dilation)) }
    if autoPad == .explicit {
      node.set("pads", axes.map(\.padBegin) + axes.map(\.padEnd))
    } else {
      node.set("auto_pad", autoPad.rawValue)
    }
    if ceilMode {
      node.require(opset: 10, for: "ceil_mode")
      node.set("ceil_mode", 1)
    }
  }

  /// Do the taps of a window lie apart?
  package var isDilated: Bool { axes.contains { $0.dilation != 1 } }

  /// What the axes are called in messages.
  package var axisNames: [String] {
    switch axes.count {
    case 1: ["length"]
    case 2: ["height", "width"]
    default: ["depth", "height", "width"]
    }
  }

  /// Far beyond any image, and small enough that sums and products of two cannot overflow.
  private static let largest = 1 << 24

  private static func kernel(
    _ node: borrowing NodeDecoder, _ weights: Shape?, _ ranks: ClosedRange<Int>
  ) throws(ONNXError) -> [Int] {
    let written = try node.ints("kernel_shape")?.count ?? ranks.lowerBound
    guard ranks.count == 1 || ranks.contains(written) else {
      throw ONNXError(
        "attribute kernel_shape has \(written) numbers; expected \(ranks.lowerBound) to "
          + "\(ranks.upperBound)")
    }
    let count = ranks.count == 1 ? ranks.lowerBound : written
    if let given = try list(node, "kernel_shape", count: count, smallest: 1) { return given }
    guard let weights else {
      throw ONNXError("attribute kernel_shape is missing; expected [height, width]")
    }
    guard weights.rank == 4 else {
      throw ONNXError(
        "W has shape \(weights), \(max(weights.rank - 2, 0))-D; graft reads 2-D kernels, "
          + "[outputs, channels, height, width]")
    }
    for extent in weights.dimensions.suffix(2) where extent < 1 || extent > largest {
      throw ONNXError("W has shape \(weights); expected a kernel from 1 to \(largest) pixels")
    }
    return Array(weights.dimensions.suffix(2))
  }

  private static func list(
    _ node: borrowing NodeDecoder, _ name: String, count: Int, smallest: Int
  ) throws(ONNXError) -> [Int]? {
    guard let values = try node.ints(name) else { return nil }
    guard values.count == count else {
      let axes = name == "pads" ? Double(values.count) / 2 : Double(values.count)
      let is2D = count == (name == "pads" ? 4 : 2)
      let hint =
        is2D && (axes == 1 || axes == 3) ? ": graft reads 2-D windows, not \(Int(axes))-D" : ""
      throw ONNXError(
        "attribute \(name) has \(values.count) numbers; expected \(count)\(hint)")
    }
    guard values.allSatisfy({ $0 >= smallest && $0 <= largest }) else {
      throw ONNXError("attribute \(name) is \(values); expected \(smallest) to \(largest) each")
    }
    return values
  }

  private static func autoPad(
    _ node: borrowing NodeDecoder, _ pads: [Int]
  ) throws(ONNXError) -> AutoPad {
    let name = try node.string("auto_pad", default: "NOTSET")
    let known: [String: AutoPad] = [
      "": .explicit, "NOTSET": .explicit, "VALID": .explicit,
      "SAME_UPPER": .sameUpper, "SAME_LOWER": .sameLower,
    ]
    guard let mode = known[name] else {
      throw ONNXError(
        "attribute auto_pad is \"\(name)\"; expected NOTSET, VALID, SAME_UPPER or SAME_LOWER")
    }
    guard name == "" || name == "NOTSET" || pads.allSatisfy({ $0 == 0 }) else {
      throw ONNXError("attribute auto_pad is \"\(name)\" and pads is \(pads); expected only one")
    }
    return mode
  }
}

// MARK: - Shapes

extension SlidingWindow {
  /// The output shape for an input `[N, C, H, W]`, of other ranks where the window has other axes,
  /// with another channel count where one is given.
  package func outputShape(
    for input: Shape, channels: Int? = nil
  ) throws(ShapeError) -> Shape {
    guard input.rank == axes.count + 2 else {
      let expected = axes.count == 2 ? "[N, C, H, W]" : "batch, channels and \(axes.count) more"
      throw ShapeError(
        "the input has shape \(input); expected \(axes.count + 2) dimensions, \(expected)")
    }
    try Self.refuseHuge("input", input.dimensions)
    var dimensions = [input[0], channels ?? input[1]]
    for (index, axis) in axes.enumerated() {
      dimensions.append(try resolve(axis, input[index + 2], axisNames[index]).output)
    }
    try Self.refuseHuge("output", dimensions)
    return Shape(dimensions)
  }

  /// 256 GiB: beyond what anyone runs, and small enough that the products with kernel and channels
  /// that planning forms do not overflow.
  private static func refuseHuge(_ name: String, _ dimensions: [Int]) throws(ShapeError) {
    guard let count = Shape.checkedElementCount(dimensions), count <= 1 << 36 else {
      throw ShapeError("the \(name) \(dimensions) has more than 2^36 elements; graft takes no more")
    }
  }

  /// The axes over an input of this shape, every number resolved.
  ///
  /// - Precondition: ``outputShape(for:channels:)`` accepted the shape.
  package func volume(for input: Shape) -> [VolumeAxis] {
    zip(axes, zip(axisNames, input.dimensions.dropFirst(2))).map { axis, place in
      guard let resolved = try? resolve(axis, place.1, place.0) else {
        preconditionFailure("\(self) does not fit \(input)")
      }
      return VolumeAxis(
        input: place.1, output: resolved.output, kernel: axis.kernel, stride: axis.stride,
        dilation: axis.dilation, padBegin: resolved.padBegin, padEnd: resolved.padEnd)
    }
  }

  /// The window over an input of this shape, every number resolved.
  ///
  /// - Precondition: ``outputShape(for:channels:)`` accepted the shape; the window has two axes.
  package func geometry(for input: Shape) -> WindowGeometry {
    guard let rows = try? resolve(vertical, input[2], "height"),
      let columns = try? resolve(horizontal, input[3], "width")
    else { preconditionFailure("\(self) does not fit \(input)") }
    var geometry = WindowGeometry(
      inputHeight: input[2], inputWidth: input[3],
      outputHeight: rows.output, outputWidth: columns.output,
      kernelHeight: vertical.kernel, kernelWidth: horizontal.kernel)
    (geometry.strideHeight, geometry.strideWidth) = (vertical.stride, horizontal.stride)
    (geometry.dilationHeight, geometry.dilationWidth) = (vertical.dilation, horizontal.dilation)
    (geometry.padTop, geometry.padBottom) = (rows.padBegin, rows.padEnd)
    (geometry.padLeft, geometry.padRight) = (columns.padBegin, columns.padEnd)
    return geometry
  }

  private struct ResolvedAxis {
    var output: Int
    var padBegin: Int
    var padEnd: Int
  }

  private func resolve(
    _ axis: SlidingAxis, _ extent: Int, _ name: String
  ) throws(ShapeError) -> ResolvedAxis {
    guard extent >= 1, extent <= Int.max / 4 else {
      throw ShapeError("the input has \(name) \(extent); expected at least 1")
    }
    switch autoPad {
    case .sameUpper, .sameLower:
      let output = (extent - 1) / axis.stride + 1
      let pad = max(0, (output - 1) * axis.stride + axis.span - extent)
      let begin = autoPad == .sameUpper ? pad / 2 : (pad + 1) / 2
      return ResolvedAxis(output: output, padBegin: begin, padEnd: pad - begin)
    case .explicit:
      let room = extent + axis.padBegin + axis.padEnd - axis.span
      guard room >= 0 else {
        throw ShapeError(
          "the window spans \(axis.span) pixels of \(name); the input has \(extent) "
            + "and \(axis.padBegin) + \(axis.padEnd) of padding")
      }
      var output = (room + (ceilMode ? axis.stride - 1 : 0)) / axis.stride + 1
      if ceilMode, (output - 1) * axis.stride >= extent + axis.padBegin { output -= 1 }
      return ResolvedAxis(output: output, padBegin: axis.padBegin, padEnd: axis.padEnd)
    }
  }
}
