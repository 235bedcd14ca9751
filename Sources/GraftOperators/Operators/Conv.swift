package import GraftGraph
internal import GraftKernels
package import GraftONNX
package import GraftTensor

/// 2-D convolution.
///
///     Y[n, o, y, x] = B[o] + Σ_c,i,j W[o, c, i, j] · X[n, c, y · s − p + i · d, x · s − p + j · d]
///
/// Inputs   X `[N, C, H, W]`, W `[O, C/groups, KH, KW]`, optional B `[O]`, and where the epilogue
///          has a residual, it, as the last one, with the shape of Y
/// Output   Y `[N, O, OH, OW]`, residual added and activation applied
/// Methods  `direct` (products through row pointers, no im2col), `winograd` (3×3, stride 1),
///          `depthwise` (one group per channel)
/// Source   ONNX operator specification, Conv-22
package struct Conv: Operator {
  package static let opType = "Conv"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.channelsLast
  package static let beginsGradients = true

  package var window: SlidingWindow
  package var groups: Int
  /// What the plan's rewrites append; never part of a file.
  package var epilogue = Epilogue.none

  package init(window: SlidingWindow, groups: Int = 1) {
    self.window = window
    self.groups = groups
  }
}

// MARK: - ONNX

extension Conv {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    window = try SlidingWindow(decoding: node, weights: node.inputShape(1))
    groups = try node.int("group", default: 1)
    guard groups >= 1 else {
      throw ONNXError("attribute group is \(groups); expected at least 1")
    }
  }

  /// - Precondition: the epilogue is empty; it exists only within a plan.
  package func encode(into node: inout NodeEncoder) {
    precondition(epilogue == .none, "a fused convolution is not for export")
    window.encode(into: &node)
    node.set("group", groups)
  }
}

// MARK: - Shapes and memory

extension Conv {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    let residuals = epilogue.residualCount
    guard inputs.count >= 2 + residuals, inputs.count <= 3 + residuals else {
      throw ShapeError("Conv has \(inputs.count) inputs; expected X, W and optionally B")
    }
    let (x, w) = (inputs[0], inputs[1])
    guard x.rank == 4, w.rank == 4 else {
      throw ShapeError(
        "X has shape \(x) and W \(w); graft reads 2-D convolutions, [N, C, H, W] "
          + "and [O, C/groups, KH, KW]")
    }
    guard w.dimensions.allSatisfy({ $0 >= 1 }) else {
      throw ShapeError("W has shape \(w); expected no empty dimension")
    }
    let kernel = [window.vertical.kernel, window.horizontal.kernel]
    guard Array(w.dimensions.suffix(2)) == kernel else {
      throw ShapeError("W has shape \(w); kernel_shape is \(kernel)")
    }
    let (expected, overflow) = w[1].multipliedReportingOverflow(by: groups)
    guard !overflow, x[1] == expected else {
      throw ShapeError(
        "X has \(x[1]) channels; W \(w) with \(groups) \(groups == 1 ? "group" : "groups") "
          + "expects \(overflow ? "more than any" : String(expected))")
    }
    guard w[0] % groups == 0 else {
      throw ShapeError("W has \(w[0]) outputs; expected a multiple of the \(groups) groups")
    }
    if hasBias(inputs.count), inputs[2] != [w[0]] {
      throw ShapeError("B has shape \(inputs[2]); expected [\(w[0])], one for each output of W")
    }
    let output = try window.outputShape(for: x, channels: w[0])
    if epilogue.hasResidual, let residual = inputs.last, residual != output {
      throw ShapeError("the residual has shape \(residual); expected \(output)")
    }
    return [output]
  }

  package var gradientNeeds: GradientNeeds { epilogue.gradientNeeds.union(.inputs) }

  package func inputSharingGradient(inputCount: Int) -> Int? {
    epilogue.hasResidual ? inputCount - 1 : nil
  }

  package func role(ofInput index: Int, shape: Shape) -> ParameterRole {
    switch index {
    case 1: .weight
    case 2: .bias
    default: .buffer
    }
  }

  package func methods(for context: PlanningContext) -> [MethodEstimate] {
    let geometry = geometry(context.inputs[0], context.inputs[1])
    if geometry.isDepthwise { return [Method.depthwise.estimate(geometry, isPacked: true)] }
    let isPacked = keepsPacked(context)
    var methods = [Method.direct.estimate(geometry, isPacked: isPacked)]
    if Kernels.canWinograd(geometry) {
      methods.append(Method.winograd.estimate(geometry, isPacked: isPacked))
      // Where the layer learns its batches are large, and gradients are computed in tiles of 4×4.
      if context.mode == .inference, geometry.largestWinogradSide != .two {
        methods.append(Method.smallWinograd.estimate(geometry, isPacked: isPacked))
      }
    }
    return methods
  }

  package func memory(for context: PlanningContext) -> OperatorMemory {
    let geometry = geometry(context.inputs[0], context.inputs[1])
    let method = Method(context.method, geometry)
    let packed = Arena.aligned(method.packedFloats(geometry))
    let isParameter = context.isParameter.count > 1 && context.isParameter[1]
    let reordered = isParameter ? 0 : Arena.aligned(geometry.weightCount)
    return OperatorMemory(
      // Room for the weights too: they are packed at each call where nobody did it before.
      scratchFloats: packed + method.scratchFloats(geometry) + reordered,
      backwardScratchFloats: context.mode == .training
        ? method.gradientScratchFloats(geometry) + 2 * reordered : 0,
      packedFloats: keepsPacked(context) ? packed : 0)
  }

  /// Weights that change at each step are packed at each step, in working memory.
  private func keepsPacked(_ context: PlanningContext) -> Bool {
    let isLearned = context.isLearned.count > 1 && context.isLearned[1]
    return context.isParameter.count > 1 && context.isParameter[1] && !isLearned
  }

  package func pack(
    _ inputs: [TensorView?], for context: PlanningContext, into packed: PackedMemory
  ) {
    guard let w = inputs[1] else { return }
    let geometry = geometry(context.inputs[0], context.inputs[1])
    Method(context.method, geometry).pack(w.base, packed, geometry)
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    let operations = 2 * geometry(inputs[0], inputs[1]).multiplications
    return operations < 0x1p62 ? Int(operations) : Int.max
  }

  private func hasBias(_ inputCount: Int) -> Bool { inputCount - epilogue.residualCount > 2 }

  private func geometry(_ x: Shape, _ w: Shape) -> ConvolutionGeometry {
    ConvolutionGeometry(
      batch: x[0], inputChannels: x[1], outputChannels: w[0], groups: groups,
      window: window.geometry(for: x))
  }
}

// MARK: - Forward

extension Conv {
  package func forward(_ pass: ForwardPass) {
    let (x, w, y) = (pass.inputs[0], pass.inputs[1], pass.outputs[0])
    let geometry = geometry(x.shape, w.shape)
    let method = Method(pass.method, geometry)
    let bias = hasBias(pass.inputs.count) ? pass.inputs[2].base : nil
    let residual = epilogue.hasResidual ? pass.inputs[pass.inputs.count - 1].base : nil
    let scratch = pass.scratch + Arena.aligned(method.packedFloats(geometry))
    if pass.packed == nil {
      let room = scratch + method.scratchFloats(geometry)
      method.pack(inONNXOrder(w, room), pass.scratch, geometry)
    }
    let packed = pass.packed ?? UnsafePointer(pass.scratch)
    switch method {
    case .direct, .depthwise:
      Kernels.convolve(
        x.base, packed: packed, bias: bias, residual: residual, limits: epilogue.limits, y.base,
        geometry, scratch: scratch)
    case .winograd, .smallWinograd:
      Kernels.convolveWinograd(
        x.base, packed: packed, bias: bias, residual: residual, limits: epilogue.limits, y.base,
        geometry, method.side(geometry) ?? .two, scratch: scratch)
    }
  }
}

// MARK: - Backward

extension Conv {
  package func backward(_ pass: BackwardPass) {
    guard let dy = pass.outputGradients[0] else { return }
    let (x, w) = (pass.inputs[0], pass.inputs[1])
    let geometry = geometry(x.shape, w.shape)
    let method = Method(pass.method, geometry)
    let room = pass.scratch + method.gradientScratchFloats(geometry)
    addBiasGradient(dy, pass, geometry)
    if let dx = pass.inputGradients[0] {
      Kernels.addConvolutionInputGradient(
        dy.base, weights: inONNXOrder(w, room), dx.base, geometry, scratch: pass.scratch,
        usesWinograd: method == .winograd, begins: pass.begins(0))
    }
    if let dw = pass.inputGradients[1] {
      if pass.begins(1) { dw.elements.update(repeating: 0) }
      addWeightGradient(x, dy.readOnly, dw, geometry, method, scratch: pass.scratch, room: room)
    }
    pass.addResidualGradient(dy, of: epilogue)
  }

  /// Adds to the bias gradient, in the pass that takes from dY what the activation held back.
  private func addBiasGradient(
    _ dy: MutableTensorView, _ pass: BackwardPass, _ geometry: ConvolutionGeometry
  ) {
    let (rows, columns) = (geometry.outputPixels, geometry.outputChannels)
    let db = hasBias(pass.inputs.count) ? pass.inputGradients[2] : nil
    if let db, pass.begins(2) { db.elements.update(repeating: 0) }
    switch (epilogue.activation, db) {
    case (.none, nil): break
    case (.none, let db?): Kernels.addColumnSums(dy.base, db.base, rows: rows, columns: columns)
    case (_, nil):
      Kernels.addPassed(
        pass.outputs[0].base, dy.base, dy.base, count: dy.count, epilogue.limits, begins: true)
    case (_, let db?):
      Kernels.passedColumnSums(
        dy.base, result: pass.outputs[0].base, epilogue.limits, nil, rows: rows, columns: columns
      ) { c, sum, _ in db.base[c] += Float(sum) }
    }
  }
}

// MARK: - Computed weights

/// Parameters lie as ONNX has them; weights that the network computes lie channels-last, as every
/// activation of rank 4, and are reordered first.
extension Conv {
  private func inONNXOrder(
    _ w: TensorView, _ room: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    guard w.layout == .channelsLast else { return w.base }
    forEachWeight(w.shape) { onnx, last in room[onnx] = w.base[last] }
    return UnsafePointer(room)
  }

  private func addWeightGradient(
    _ x: TensorView, _ dy: TensorView, _ dw: MutableTensorView, _ geometry: ConvolutionGeometry,
    _ method: Method, scratch: UnsafeMutablePointer<Float>, room: UnsafeMutablePointer<Float>
  ) {
    let usesWinograd = method == .winograd
    guard dw.layout == .channelsLast else {
      return Kernels.addConvolutionWeightGradient(
        x.base, dy.base, dw.base, geometry, scratch: scratch, usesWinograd: usesWinograd)
    }
    room.update(repeating: 0, count: dw.count)
    Kernels.addConvolutionWeightGradient(
      x.base, dy.base, room, geometry, scratch: scratch, usesWinograd: usesWinograd)
    forEachWeight(dw.shape) { onnx, last in dw.base[last] += room[onnx] }
  }

  /// Calls `body` with the places of each weight, in ONNX order and channels-last.
  private func forEachWeight(_ shape: Shape, _ body: (_ onnx: Int, _ last: Int) -> Void) {
    let (channels, taps) = (shape[1], shape[2] * shape[3])
    for output in 0..<shape[0] {
      for channel in 0..<channels {
        for tap in 0..<taps {
          body(
            (output * channels + channel) * taps + tap, (output * taps + tap) * channels + channel)
        }
      }
    }
  }
}

// MARK: - Methods

/// The ways a convolution is computed.
private enum Method: String {
  case direct, winograd, depthwise
  case smallWinograd = "winograd-2x2"

  /// The plan's choice, or without one the way that fits every shape.
  init(_ name: String?, _ geometry: ConvolutionGeometry) {
    if geometry.isDepthwise {
      self = .depthwise
    } else {
      self = name.flatMap(Method.init(rawValue:)) ?? .direct
    }
  }

  /// Of a tile, where it is Winograd's way.
  func side(_ geometry: ConvolutionGeometry) -> WinogradSide? {
    switch self {
    case .winograd: geometry.largestWinogradSide
    case .smallWinograd: .two
    case .direct, .depthwise: nil
    }
  }

  func packedFloats(_ geometry: ConvolutionGeometry) -> Int {
    side(geometry).map { Kernels.packedWinogradFloats(geometry, $0) }
      ?? Kernels.packedConvolutionFloats(geometry)
  }

  func scratchFloats(_ geometry: ConvolutionGeometry) -> Int {
    side(geometry).map { Kernels.winogradScratchFloats(geometry, $0) }
      ?? Kernels.convolutionScratchFloats(geometry)
  }

  func gradientScratchFloats(_ geometry: ConvolutionGeometry) -> Int {
    Kernels.convolutionGradientScratchFloats(geometry, usesWinograd: self == .winograd)
  }

  func pack(
    _ weights: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry
  ) {
    if let side = side(geometry) {
      Kernels.packWinograd(weights, packed, geometry, side)
    } else {
      Kernels.packConvolution(weights, packed, geometry)
    }
  }

  /// Microseconds on the machine of PERFORMANCE: 200 multiplications and additions and 25 bytes a
  /// nanosecond. Only ratios count.
  func estimate(_ geometry: ConvolutionGeometry, isPacked: Bool) -> MethodEstimate {
    let activations = Double(geometry.inputCount + geometry.outputCount)
    let weights = Double(packedFloats(geometry))
    var (operations, floats) = (2 * geometry.multiplications, activations + weights)
    let side = side(geometry)
    if let side {
      let transformed = Kernels.winogradTransformedFloats(geometry, side)
      operations = 2 * Kernels.winogradMultiplications(geometry, side) + 12 * transformed
      floats += transformed / 2
    }
    if !isPacked {
      operations += side == nil ? 0 : 10 * weights
      floats += 2 * weights
    }
    return MethodEstimate(
      rawValue, cost: operations / 200e3 + 4 * floats / 25e3, isExact: side == nil)
  }
}

// MARK: - Fusion and heads

extension Conv: AffineAbsorbingOperator, EpilogueAcceptingOperator, ClassifierHeadOperator {
  /// W' = scale · W, B' = scale · B + shift, output by output.
  package func absorbing(
    scale: [Float], shift: [Float], parameters: [Tensor]
  ) -> [Tensor]? {
    let w = parameters[0]
    guard epilogue == .none, w.shape[0] == scale.count, shift.count == scale.count else {
      return nil
    }
    let perOutput = w.shape.elementCountPerImage
    let weights = w.withUnsafeElements { old in
      Tensor(unsafeUninitialized: w.shape) { new in
        for output in scale.indices {
          for index in output * perOutput..<(output + 1) * perOutput {
            new[index] = old[index] * scale[output]
          }
        }
      }
    }
    let bias = parameters.count > 1 ? parameters[1].elements : shift.map { _ in 0 }
    let shifted = shift.indices.map { bias[$0] * scale[$0] + shift[$0] }
    return [weights, Tensor([shift.count], shifted)]
  }

  package func fusing(_ activation: FusedActivation) -> Conv? {
    epilogue.fusing(activation).map(ending)
  }

  package func fusingResidual(inputCount: Int) -> Conv? {
    epilogue.fusingResidual().map(ending)
  }

  private func ending(_ epilogue: Epilogue) -> Conv {
    var fused = self
    fused.epilogue = epilogue
    return fused
  }

  package func classAxis(ofInput index: Int, shape: Shape) -> Int? {
    index == 1 || index == 2 ? 0 : nil
  }
}
