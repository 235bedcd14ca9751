import GraftONNX

extension ONNXGraph {
  /// Operators of the standard domain that compute with, or to and from, integers of 8 bits.
  fileprivate static let quantized: Set = [
    "QuantizeLinear", "DequantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger",
    "MatMulInteger", "DynamicQuantizeLinear",
  ]

  /// Is the node one that quantisers write? Others' operators of such a name are not.
  fileprivate static func isQuantized(_ node: ONNXNode) -> Bool {
    switch node.domain {
    case "", "ai.onnx": quantized.contains(node.opType)
    case "com.microsoft":
      quantized.contains(node.opType) || node.opType.hasPrefix("QLinear") || node.opType == "QGemm"
    default: false
    }
  }

  /// The same network in floats, where the file has it in 8 bits.
  func dequantized(opset: Int, notes: inout [String]) throws(GraphError) -> ONNXGraph {
    guard nodes.contains(where: Self.isQuantized) else { return self }
    var dequantizer = Dequantizer(self, opset: opset)
    try dequantizer.run()
    notes.append(dequantizer.note)
    return dequantizer.graph
  }
}

/// Takes out of a network what quantisation to 8 bits put into it, so that it can learn again.
///
/// - Weights and biases become floats: `(q − zero point) · scale`.
/// - Activations are no longer rounded: a QuantizeLinear and its DequantizeLinear go, and operators
///   that compute with integers (QLinearConv, QGemm …) become what they approximate.
/// - Quantisers leave out a Relu whose result begins at the zero point, since the range of the
///   integers ends there: it is put back, as a Clip to 6 where the range ends at 6.
///
/// What is left out is the rounding and the upper end of each range, neither of which has a gradient
/// worth learning from. Source: ONNX operator specification, QuantizeLinear-21, QLinearConv-10; ONNX
/// Runtime's ContribOperators for the others.
struct Dequantizer {
  private(set) var graph: ONNXGraph
  let opset: Int
  /// Initializers and the tensors of Constant nodes, by name.
  private let constants: [String: ONNXTensor]
  private let graphInputs: Set<String>
  /// Values that are another value now.
  private var aliases: [String: String] = [:]
  /// With which scale and zero point a value was quantised.
  private var grids: [String: QuantizedGrid] = [:]
  /// Values that are known to have no negative element.
  private var nonNegative: Set<String> = []
  private var nodes: [ONNXNode] = []
  private var added: [ONNXTensor] = []
  private var (tensorCount, roundingCount, activationCount) = (0, 0, 0)

  init(_ graph: ONNXGraph, opset: Int) {
    self.graph = graph
    self.opset = opset
    var constants = Dictionary(
      graph.initializers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for node in graph.nodes where node.opType == "Constant" && node.outputs.count == 1 {
      for case .tensor(let tensor) in node.attributes.map(\.value) {
        constants[node.outputs[0]] = tensor
      }
    }
    self.constants = constants
    graphInputs = Set(graph.inputs.map(\.name)).subtracting(constants.keys)
  }

  /// What the person should know, in a sentence.
  var note: String {
    func count(_ number: Int, _ noun: String) -> String {
      "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
    var parts = ["\(count(tensorCount, "tensor")) of integers became floats, which can learn"]
    if roundingCount > 0 {
      parts.append("\(count(roundingCount, "rounding")) of activations left out")
    }
    if activationCount > 0 {
      parts.append("\(count(activationCount, "Relu")) put back that the ranges stood for")
    }
    return "the file is quantised: " + parts.joined(separator: ", ")
      + "; answers differ a little from those of the integers"
  }

  mutating func run() throws(GraphError) {
    for (index, node) in graph.nodes.enumerated() {
      do {
        try convert(node)
      } catch {
        let name = node.name.isEmpty ? "#\(index)" : node.name
        throw GraphError("node '\(name)' (\(node.opType)): \(error.message)", hints: error.hints)
      }
    }
    keepOutputNames()
    for index in nodes.indices { nodes[index].inputs = nodes[index].inputs.map(resolved) }
    graph.nodes = nodes
    // Integers that nobody reads any more would be converted for nothing.
    let read = Set(nodes.flatMap(\.inputs) + graph.outputs.map(\.name))
    let unread = Set(graph.initializers.map(\.name)).subtracting(read)
    graph.inputs.removeAll { unread.contains($0.name) }
    graph.initializers = graph.initializers.filter { !unread.contains($0.name) } + added
  }
}

// MARK: - Nodes

extension Dequantizer {
  private mutating func convert(_ node: ONNXNode) throws(GraphError) {
    guard ONNXGraph.isQuantized(node) else { return keep(node) }
    switch node.opType {
    case "QuantizeLinear": try convertQuantize(node)
    case "DequantizeLinear": try convertDequantize(node)
    case "ConvInteger", "MatMulInteger", "DynamicQuantizeLinear":
      throw GraphError(
        "a network that is quantised while it runs has no ranges that graft could leave out",
        hints: ["Use the float network that it was made from, or one quantised statically (QDQ)."])
    default: try append(try QuantizedOperator(node))
    }
  }

  private mutating func keep(_ node: ONNXNode) {
    nodes.append(node)
    let passesOn = Self.passingOn.contains(node.opType) && !addsNegatives(node)
    if let input = node.inputs.first, let grid = grids[input],
      Self.passingOn.contains(node.opType)
        || (Self.joining.contains(node.opType)
          && node.inputs.allSatisfy { grids[$0] == grid })
    {
      for output in node.outputs { grids[output] = grid }
    }
    if Self.neverNegative.contains(node.opType)
      || (passesOn && node.inputs.first.map(isNonNegative) == true)
      || (Self.joining.contains(node.opType) && node.inputs.allSatisfy(isNonNegative))
      || isClipFromZero(node)
    {
      nonNegative.formUnion(node.outputs)
    }
  }

  private static let neverNegative: Set = [
    "Relu", "Sigmoid", "HardSigmoid", "Softmax", "Abs", "Exp",
  ]
  private static let passingOn: Set = [
    "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "Reshape", "Flatten", "Squeeze",
    "Unsqueeze", "Transpose", "Identity", "Dropout", "Slice", "ReduceMean", "Pad",
  ]
  private static let joining: Set = ["Add", "Mul", "Sum", "Concat"]

  /// A Pad with a constant that may be below zero.
  private func addsNegatives(_ node: ONNXNode) -> Bool {
    guard node.opType == "Pad" else { return false }
    if node.inputs.count > 2, !node.inputs[2].isEmpty {
      guard let value = try? constant(node.inputs[2]) else { return true }
      return !value.isScalar(atLeast: 0)
    }
    return node.attributes.contains { attribute in
      if attribute.name == "value", case .float(let value) = attribute.value {
        value < 0
      } else {
        false
      }
    }
  }

  private func isNonNegative(_ name: String) -> Bool { nonNegative.contains(resolved(name)) }

  private func isClipFromZero(_ node: ONNXNode) -> Bool {
    guard node.opType == "Clip" else { return false }
    if node.inputs.count > 1, let least = try? constant(node.inputs[1]) {
      return least.isScalar(atLeast: 0)
    }
    return node.attributes.contains { attribute in
      if attribute.name == "min", case .float(let least) = attribute.value {
        least >= 0
      } else {
        false
      }
    }
  }

  /// Weights that are quantised in the graph stay the floats they are; activations too.
  private mutating func convertQuantize(_ node: ONNXNode) throws(GraphError) {
    guard node.inputs.count >= 2, let output = node.outputs.first else {
      throw GraphError("\(node.inputs.count) inputs; expected x, y_scale and y_zero_point")
    }
    roundingCount += 1
    let x = node.inputs[0]
    grids[output] = try grid(node.inputs[1], node.inputs.count > 2 ? node.inputs[2] : "")
    guard constants[x] == nil, !graphInputs.contains(resolved(x)) else {
      return try alias(output, to: x)
    }
    let range = try range(
      scale: node.inputs[1], zeroPoint: node.inputs.count > 2 ? node.inputs[2] : "",
      type: node.quantizedType)
    try restoreActivation(range, from: x, to: output)
  }

  private mutating func convertDequantize(_ node: ONNXNode) throws(GraphError) {
    guard node.inputs.count >= 2, let output = node.outputs.first else {
      throw GraphError("\(node.inputs.count) inputs; expected x, x_scale and x_zero_point")
    }
    guard let tensor = constants[node.inputs[0]], tensor.elementType.isInteger else {
      try check(node.inputs[0], node.inputs[1], node.inputs.count > 2 ? node.inputs[2] : "")
      return try alias(output, to: node.inputs[0])
    }
    guard node.int("block_size", default: 0) == 0 else {
      throw GraphError("attribute block_size: graft reads scales of whole tensors and of channels")
    }
    try add(
      output,
      tensor.dequantized(
        scale: constant(node.inputs[1]),
        zeroPoint: node.inputs.count > 2 && !node.inputs[2].isEmpty
          ? constant(node.inputs[2]) : nil,
        axis: node.int("axis", default: 1)))
  }

  private mutating func append(_ float: QuantizedOperator) throws(GraphError) {
    var node = float.node
    var name: String?
    var range: QuantizedRange?
    if let result = float.result, !result.scale.isEmpty {
      roundingCount += 1
      range = try self.range(scale: result.scale, zeroPoint: result.zeroPoint, type: nil)
      name = node.outputs[0]
      grids[node.outputs[0]] = try grid(result.scale, result.zeroPoint)
    }
    for (place, operand) in float.operands.enumerated() {
      guard let tensor = constants[operand.name], tensor.elementType.isInteger else {
        if !operand.scale.isEmpty, grids[operand.name] != nil {
          try check(operand.name, operand.scale, operand.zeroPoint)
        }
        node.inputs[place] = operand.name
        continue
      }
      let own = "\(operand.name).\(float.node.outputs[0]).float"
      if let scale = operand.productOfScales {
        try add(
          own, tensor.dequantized(scale: product(scale, operand.factor), zeroPoint: nil, axis: 0))
      } else {
        try add(
          own,
          tensor.dequantized(
            scale: constant(operand.scale),
            zeroPoint: operand.zeroPoint.isEmpty ? nil : constant(operand.zeroPoint),
            axis: float.channelAxis(tensor.dimensions.count)))
      }
      node.inputs[place] = own
    }
    if let name, let range, range.beginsAtZero {
      node.outputs[0] = "\(name).unlimited"
      keep(node)
      try restoreActivation(range, from: node.outputs[0], to: name)
    } else {
      keep(node)
    }
  }
}

// MARK: - Values

extension Dequantizer {
  /// From now on one value stands for another.
  private mutating func alias(_ name: String, to other: String) throws(GraphError) {
    guard resolved(other) != name else {
      throw GraphError("the network has a cycle through '\(name)'")
    }
    aliases[name] = other
  }

  private func grid(_ scale: String, _ zeroPoint: String) throws(GraphError) -> QuantizedGrid {
    try QuantizedGrid(
      scale: constant(scale), zeroPoint: zeroPoint.isEmpty ? nil : constant(zeroPoint))
  }

  /// Refuses integers that are read with another scale than they were written with: what a pair that
  /// goes would have multiplied by would be lost.
  private func check(
    _ name: String, _ scale: String, _ zeroPoint: String
  ) throws(GraphError) {
    guard let written = grids[name] else {
      throw GraphError(
        "'\(name)' is no constant of integers, and nothing says with which scale it was quantised")
    }
    let read = try grid(scale, zeroPoint)
    guard read == written else {
      throw GraphError(
        "'\(name)' was quantised with \(written), and is read with \(read); graft leaves out pairs "
          + "that agree")
    }
  }

  /// The value that stands for another now.
  private func resolved(_ name: String) -> String {
    var name = name
    while let next = aliases[name] { name = next }
    return name
  }

  private func constant(_ name: String) throws(GraphError) -> ONNXTensor {
    guard let tensor = constants[resolved(name)] else {
      throw GraphError("'\(name)' is computed at run time; graft needs a constant scale there")
    }
    return tensor
  }

  private func product(_ names: [String], _ factor: Float) throws(GraphError) -> ONNXTensor {
    var product = [factor]
    for name in names {
      let factors = try constant(name).scales()
      guard factors.count == 1 || (product.count == 1 && !factors.isEmpty) else {
        throw GraphError("the scale '\(name)' has \(factors.count) numbers; expected one")
      }
      product =
        factors.count == 1
        ? product.map { $0 * factors[0] } : factors.map { $0 * product[0] }
    }
    return product.withUnsafeBufferPointer {
      ONNXTensor(name: "", dimensions: [product.count], floats: $0)
    }
  }

  private mutating func add(_ name: String, _ tensor: ONNXTensor) {
    tensorCount += 1
    var tensor = tensor
    tensor.name = name
    added.append(tensor)
  }

  private func range(
    scale: String, zeroPoint: String, type: ONNXElementType?
  ) throws(GraphError) -> QuantizedRange {
    try QuantizedRange(
      scale: constant(scale), zeroPoint: zeroPoint.isEmpty ? nil : constant(zeroPoint), type: type)
  }

  /// Puts back the Relu that a range which begins at zero stands for, where nothing else is one.
  private mutating func restoreActivation(
    _ range: QuantizedRange, from x: String, to output: String
  ) throws(GraphError) {
    guard range.beginsAtZero, !isNonNegative(x) else { return try alias(output, to: x) }
    activationCount += 1
    let node: ONNXNode
    if range.endsAtSix {
      let limits = [("least", Float(0)), ("most", Float(6))].map { suffix, value in
        let name = "\(output).\(suffix)"
        added.append(
          [value].withUnsafeBufferPointer { ONNXTensor(name: name, dimensions: [], floats: $0) })
        return name
      }
      node =
        opset >= 11
        ? ONNXNode(name: output, opType: "Clip", inputs: [x] + limits, outputs: [output])
        : ONNXNode(
          name: output, opType: "Clip", inputs: [x], outputs: [output],
          attributes: [
            ONNXAttribute(name: "min", value: .float(0)),
            ONNXAttribute(name: "max", value: .float(6)),
          ])
    } else {
      node = ONNXNode(name: output, opType: "Relu", inputs: [x], outputs: [output])
    }
    nodes.append(node)
    nonNegative.insert(output)
  }

  /// An output of the graph that became an alias gives its name to what it stands for.
  private mutating func keepOutputNames() {
    for output in graph.outputs.map(\.name) where aliases[output] != nil {
      let source = resolved(output)
      aliases[output] = nil
      guard let place = nodes.firstIndex(where: { $0.outputs.contains(source) }),
        !graph.outputs.contains(where: { $0.name == source })
      else {
        nodes.append(
          ONNXNode(name: output, opType: "Identity", inputs: [source], outputs: [output]))
        continue
      }
      nodes[place].outputs = nodes[place].outputs.map { $0 == source ? output : $0 }
      aliases[source] = output
    }
  }
}
