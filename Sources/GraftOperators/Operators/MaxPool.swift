package import GraftGraph
import GraftKernels
package import GraftONNX
package import GraftTensor

/// Largest number of each window.
///
///     Y[n, c, y, x] = max over i, j of X[n, c, y · stride − pad + i · dilation, …]
///
/// Input    X `[N, C, H, W]`; also `[N, C, L]` and `[N, C, D, H, W]`, with plain loops
/// Output   Y `[N, C, OH, OW]`; the optional second output, Indices, is refused
/// Memory   while training, the input pixel of each maximum: `row · W + column` as Int32, whose bits
///          lie in a saved tensor of floats as large as Y
/// Gradient goes to that pixel alone, the first one among equal numbers
/// Source   ONNX operator specification, MaxPool-22
package struct MaxPool: Operator {
  package static let opType = "MaxPool"
  package static let opsets = 1...28

  let window: SlidingWindow
}

// MARK: - ONNX

extension MaxPool {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    window = try SlidingWindow(decoding: node, hasCeilMode: true, ranks: 1...3)
    try window.refusePaddingBeyondKernel()
    let order = try node.int("storage_order", default: 0)
    guard order == 0 else {
      throw ONNXError("attribute storage_order is \(order); graft reads 0, row-major")
    }
    guard node.outputCount < 2 else {
      throw ONNXError("output Indices is used; graft computes only the first output of MaxPool")
    }
  }

  package func encode(into node: inout NodeEncoder) {
    if window.isDilated { node.require(opset: 10, for: "dilations") }
    window.encode(into: &node)
  }
}

// MARK: - Shapes and memory

extension MaxPool {
  package static var layouts: OperatorLayouts { .channelsLast }
  package var gradientNeeds: GradientNeeds { [] }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    [try window.pooledShape(for: inputs)]
  }

  package func memory(for context: PlanningContext) -> OperatorMemory {
    let x = context.inputs[0]
    let places = window.volume(for: x).reduce(1) { $0 * $1.output }
    return OperatorMemory(saved: [x[0] * x[1] * places])
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    Int.saturatingProduct([outputs[0].elementCount] + window.axes.map(\.kernel))
  }
}

extension SlidingWindow {
  /// The output shape of a pool.
  func pooledShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
    guard inputs.count == 1 else { throw ShapeError("\(inputs.count) inputs; expected 1") }
    let shape = try outputShape(for: inputs[0])
    let places = Shape.checkedElementCount(Array(inputs[0].dimensions.dropFirst(2)))
    guard let places, places <= Int(Int32.max) else {
      throw ShapeError("the input \(inputs[0]) has more pixels than graft can number")
    }
    return shape
  }

  /// A window that sees nothing but padding has no largest number and no mean.
  func refusePaddingBeyondKernel() throws(ONNXError) {
    for (axis, name) in zip(axes, axisNames) {
      let pad = max(axis.padBegin, axis.padEnd)
      guard pad < axis.kernel else {
        throw ONNXError(
          "attribute pads adds \(pad) pixels of \(name); expected less than the kernel's "
            + "\(axis.kernel)")
      }
    }
  }
}

// MARK: - Forward

extension MaxPool {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    guard x.shape.rank == 4 else { return forwardVolume(pass) }
    let geometry = window.geometry(for: x.shape)
    guard let saved = pass.saved.first else {
      Kernels.maxPool(
        x.base, y.base, taps: nil, geometry, images: x.shape[0], channels: x.shape[1])
      return
    }
    saved.base.withMemoryRebound(to: Int32.self, capacity: saved.count) { taps in
      Kernels.maxPool(
        x.base, y.base, taps: taps, geometry, images: x.shape[0], channels: x.shape[1])
    }
  }
}

extension MaxPool {
  private func forwardVolume(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    let (axes, planes) = (window.volume(for: x.shape), x.shape[0] * x.shape[1])
    guard let saved = pass.saved.first else {
      return Kernels.maxPoolVolume(x.base, y.base, taps: nil, axes, planes: planes)
    }
    saved.base.withMemoryRebound(to: Int32.self, capacity: saved.count) { taps in
      Kernels.maxPoolVolume(x.base, y.base, taps: taps, axes, planes: planes)
    }
  }
}

// MARK: - Backward

extension MaxPool {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    guard dx.shape.rank == 4 else {
      return pass.saved[0].base.withMemoryRebound(to: Int32.self, capacity: dy.count) { taps in
        Kernels.addMaxPoolVolumeGradient(
          taps: taps, dy.base, dx.base, window.volume(for: dx.shape),
          planes: dx.shape[0] * dx.shape[1])
      }
    }
    let geometry = window.geometry(for: dx.shape)
    pass.saved[0].base.withMemoryRebound(to: Int32.self, capacity: dy.count) { taps in
      Kernels.addMaxPoolGradient(
        taps: taps, dy.base, dx.base, inputArea: geometry.inputArea,
        outputArea: geometry.outputArea, images: dx.shape[0], channels: dx.shape[1])
    }
  }
}

// MARK: - Fusion

extension MaxPool: LargestTakingOperator {}
