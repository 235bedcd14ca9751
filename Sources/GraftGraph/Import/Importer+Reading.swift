import GraftONNX
import GraftTensor

// Initializers, inputs, outputs: what stands around the nodes.

extension Importer {
  /// Refuses operators that graft does not have, all of them in one message.
  func checkOperators() throws(GraphError) {
    var unknown: [(name: String, nodes: [String])] = []
    var places: [String: Int] = [:]
    for (index, node) in source.nodes.enumerated() {
      let isStandard = node.domain.isEmpty || node.domain == "ai.onnx"
      guard !isStandard || registry[node.opType] == nil else { continue }
      let name = isStandard ? node.opType : "\(node.domain).\(node.opType)"
      let label = node.name.isEmpty ? "#\(index)" : node.name
      if let place = places[name] {
        unknown[place].nodes.append(label)
      } else {
        places[name] = unknown.count
        unknown.append((name, [label]))
      }
    }
    guard let first = unknown.first else { return }
    let hints = ["graft trains convolutional classifiers; 'graft inspect' shows the graph."]
    if unknown.count == 1, first.nodes.count == 1 {
      throw GraphError(
        "operator '\(first.name)' (node '\(first.nodes[0])', opset \(opset)) is not supported.",
        hints: hints)
    }
    let list = unknown.prefix(8).map { "\($0.name) (\($0.nodes.count), first '\($0.nodes[0])')" }
    let more = unknown.count > 8 ? " and \(unknown.count - 8) more" : ""
    throw GraphError(
      "operators not supported (opset \(opset)): \(list.joined(separator: ", "))\(more).",
      hints: hints)
  }

  mutating func readInitializers() throws(GraphError) {
    room = Self.mostComputed(
      initializers: source.initializers.reduce(0) { $0 + $1.bytes.count } / 4)
    for tensor in source.initializers {
      guard !tensor.name.isEmpty else { throw GraphError("an initializer has no name") }
      guard values[tensor.name] == nil else {
        throw GraphError("two initializers are called '\(tensor.name)'")
      }
      let constant: Constant
      do { constant = try Constant(tensor) } catch { throw GraphError(error.message) }
      values[tensor.name] = .constant(forBatch2: constant, forBatch3: constant)
    }
  }

  /// Inputs that are no initializers: the images. Their first dimension is the batch, and free.
  mutating func readInputs() throws(GraphError) {
    let initializers = Set(values.keys)
    for input in source.inputs where !initializers.contains(input.name) {
      guard !input.name.isEmpty else { throw GraphError("an input has no name") }
      guard values[input.name] == nil else {
        throw GraphError("two inputs are called '\(input.name)'")
      }
      if let type = input.elementType, ![.float, .float16, .double].contains(type) {
        throw GraphError("input '\(input.name)' has type \(type); graft feeds float images")
      }
      guard let dimensions = input.dimensions, !dimensions.isEmpty else {
        throw GraphError("input '\(input.name)' has no shape; export the network with one")
      }
      let imageShape = try imageShape(of: input.name, dimensions)
      let graphInput = GraphInput(name: input.name, imageShape: imageShape)
      inputs.append(graphInput)
      values[input.name] = .activation(
        forBatch2: graphInput.shape(batchSize: 2), forBatch3: graphInput.shape(batchSize: 3))
    }
  }

  private func imageShape(
    of name: String, _ dimensions: [ONNXDimension]
  ) throws(GraphError) -> Shape {
    var extents: [Int] = []
    for (axis, dimension) in dimensions.enumerated().dropFirst() {
      if dimensions.count == 4, axis >= 2, let size = options.inputSize {
        extents.append(axis == 2 ? size.height : size.width)
        continue
      }
      guard case .fixed(let extent) = dimension else {
        throw GraphError(
          "input '\(name)' leaves axis \(axis) of \(Self.text(dimensions)) open; say the size",
          hints: ["for example: --size 224"])
      }
      guard (1...(1 << 20)).contains(extent) else {
        throw GraphError("input '\(name)' has shape \(Self.text(dimensions)); sizes start at 1")
      }
      extents.append(extent)
    }
    return Shape(extents)
  }

  private static func text(_ dimensions: [ONNXDimension]) -> String {
    let texts = dimensions.map { dimension in
      switch dimension {
      case .fixed(let extent): "\(extent)"
      case .symbolic(let name): name
      case .unknown: "?"
      }
    }
    return "[" + texts.joined(separator: ", ") + "]"
  }

  func readOutputs() throws(GraphError) -> [String] {
    guard !source.outputs.isEmpty else { throw GraphError("the network has no output") }
    for output in source.outputs {
      guard let value = values[output.name] else {
        throw GraphError("nothing produces the output '\(output.name)'")
      }
      let (two, three) = (value.shape(.two), value.shape(.three))
      guard value.isActivation, two.rank > 0, two[0] == 2, three[0] == 3 else {
        throw GraphError(
          "output '\(output.name)' has shape \(two) for two images; its first dimension must be "
            + "the batch",
          hints: ["Export the network with a dynamic batch dimension."])
      }
    }
    return source.outputs.map(\.name)
  }

  /// Refuses weights that no computation survives.
  func check(_ graph: Graph) throws(GraphError) {
    guard !options.allowsNonFinite else { return }
    for (name, parameter) in graph.parameters.sorted(by: { $0.key < $1.key }) {
      let count = parameter.tensor.nonFiniteCount
      // Nobody needs them soon; whoever does finds them in the system's memory.
      parameter.tensor.releaseBorrowedElements()
      guard count == 0 else {
        throw GraphError(
          "tensor '\(name)' has \(count) weights that are NaN or infinite; the file is damaged "
            + "or its training diverged (--allow-nonfinite reads it all the same)")
      }
    }
  }
}

extension Tensor {
  /// How many elements are NaN or infinite: those whose exponent bits are all ones.
  var nonFiniteCount: Int {
    withUnsafeElements { elements in
      var any: UInt32 = 0
      for element in elements {
        any |= (element.bitPattern & 0x7F80_0000 &+ 0x0080_0000) & 0x8000_0000
      }
      guard any != 0 else { return 0 }
      return elements.reduce(0) { $0 + ($1.isFinite ? 0 : 1) }
    }
  }
}
