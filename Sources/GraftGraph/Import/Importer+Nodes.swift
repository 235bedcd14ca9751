import GraftONNX
import GraftTensor

extension Importer {
  /// Folds a node into constants, or adds it to the graph.
  mutating func importNode(_ node: ONNXNode, index: Int) throws(GraphError) {
    let place = "node '\(label(index))' (\(node.opType), opset \(opset))"
    var node = node
    node.inputs = node.inputs.map { aliases[$0] ?? $0 }
    if let view = viewedValue(node) {
      aliases[node.outputs[0]] = view
      return
    }
    defer { noteFlattening(node) }
    let known = node.inputs.map { $0.isEmpty ? nil : values[$0] }
    let decoded = try decode(node, known, place: place)

    try checkRoom(for: decoded.operator, known, consumed: decoded.consumed, place: place)
    if let constants = try fold(decoded.operator, known, place: place) {
      try spend(constants, place: place)
      for (name, constant) in zip(node.outputs, constants) where !name.isEmpty {
        values[name] = constant
      }
      return
    }
    for (index, value) in known.enumerated() where value?.isFloatsOfTheBatch == true {
      throw GraphError(
        "\(place): input '\(node.inputs[index])' depends on the batch size; graft needs a constant "
          + "there")
    }
    guard let runnable = decoded.operator as? any Operator else {
      throw GraphError("\(place): its inputs are computed at run time; graft needs constants there")
    }
    var dataFlow = try dataFlowInputs(node, known, consumed: decoded.consumed, place: place)
    if dataFlow.allSatisfy({ !($0.value.isActivation) }) {
      try evaluate(runnable, node, dataFlow.map(\.value), place: place)
      try spend(node.outputs.compactMap { values[$0] }, place: place)
    } else if let named = runnable as? any AxisAlignedOperator, named.missingAxes > 0 {
      dataFlow[1] = try lengthened(dataFlow[1], by: named.missingAxes, place: place, index: index)
      try append(named.aligningLastAxes(), node, dataFlow, place: place, index: index)
    } else {
      try append(runnable, node, dataFlow, place: place, index: index)
    }
  }

  private func decode(
    _ node: ONNXNode, _ known: [KnownValue?], place: String
  ) throws(GraphError) -> (operator: any ImportableOperator, consumed: Set<Int>) {
    guard let type = registry[node.opType] else {
      throw GraphError("\(place) is not supported")
    }
    guard type.opsets.contains(opset) else {
      throw GraphError(
        "\(place): graft reads \(node.opType) of opsets \(type.opsets.lowerBound) to "
          + "\(type.opsets.upperBound)")
    }
    var attributes: [String: ONNXAttribute.Value] = [:]
    for attribute in node.attributes {
      guard attributes.updateValue(attribute.value, forKey: attribute.name) == nil else {
        throw GraphError("\(place): attribute \(attribute.name) is given twice")
      }
    }
    let usedOutputs = node.outputs.lastIndex { !$0.isEmpty && readers[$0] != nil } ?? 0
    let decoder = NodeDecoder(
      opType: node.opType, opset: opset, attributes: attributes,
      inputs: known.map { $0?.decodedInput ?? .absent }, outputCount: usedOutputs + 1,
      namedOutputCount: node.outputs.count)
    do throws(ONNXError) {
      let decoded = try type.init(decoding: decoder)
      if let unread = decoder.unreadAttributes.first {
        throw ONNXError(
          "attribute \(unread) is not one graft knows; it would not be computed as the file says")
      }
      return (decoded, decoder.consumedInputs)
    } catch {
      throw GraphError("\(place): \(error.message)", hints: error.hints)
    }
  }

  /// The constants that a node amounts to, where its operator folds and its inputs are known.
  private func fold(
    _ operator: any ImportableOperator, _ known: [KnownValue?], place: String
  ) throws(GraphError) -> [KnownValue]? {
    guard let folding = `operator` as? any FoldingOperator else { return nil }
    do {
      guard let two = try folding.fold(known.map { $0?.foldingInput(.two) ?? .absent }),
        let three = try folding.fold(known.map { $0?.foldingInput(.three) ?? .absent })
      else { return nil }
      return zip(two, three).map { .constant(forBatch2: $0, forBatch3: $1) }
    } catch {
      throw GraphError("\(place): \(error.message)")
    }
  }

  /// The inputs that carry floats at run time: without constants the operator took over, and
  /// without optional inputs left out at the end.
  private func dataFlowInputs(
    _ node: ONNXNode, _ known: [KnownValue?], consumed: Set<Int>, place: String
  ) throws(GraphError) -> [(name: String, value: KnownValue)] {
    var inputs: [(String, KnownValue)] = []
    var gap = false
    for (index, value) in known.enumerated() where !consumed.contains(index) {
      guard let value else {
        gap = true
        continue
      }
      guard !gap else { throw GraphError("\(place): input \(index) follows one that is left out") }
      if case .constant(.integers, _) = value {
        throw GraphError(
          "\(place): input '\(node.inputs[index])' holds integers; graft computes with floats")
      }
      inputs.append((node.inputs[index], value))
    }
    return inputs
  }

  private mutating func append(
    _ operator: any Operator, _ node: ONNXNode, _ inputs: [(name: String, value: KnownValue)],
    place: String, index: Int
  ) throws(GraphError) {
    let two: [Shape]
    let three: [Shape]
    do {
      two = try `operator`.outputShapes(for: inputs.map { $0.value.shape(.two) })
      three = try `operator`.outputShapes(for: inputs.map { $0.value.shape(.three) })
    } catch {
      throw GraphError("\(place): \(error.message)")
    }
    let name = uniqueName(node, index)
    // An output without a name is computed all the same.
    let outputs = node.outputs.prefix(two.count).enumerated().map { position, output in
      output.isEmpty ? "\(name)#\(position)" : output
    }
    for (output, shapes) in zip(outputs, zip(two, three)) {
      values[output] = .activation(forBatch2: shapes.0, forBatch3: shapes.1)
    }
    for (position, input) in inputs.enumerated() {
      guard case .constant(.floats(let tensor), _) = input.value else { continue }
      let role = `operator`.role(ofInput: position, shape: tensor.shape)
      guard parameters[input.name] == nil || role != .buffer else { continue }
      parameters[input.name] = Parameter(
        tensor: tensor, role: role, isTrainable: role != .buffer)
    }
    nodes.append(
      Node(name: name, operator: `operator`, inputs: inputs.map(\.name), outputs: outputs))
  }

  /// A value with axes of extent 1 behind its own. A constant that others read too stays for them.
  private mutating func lengthened(
    _ operand: (name: String, value: KnownValue), by count: Int, place: String, index: Int
  ) throws(GraphError) -> (name: String, value: KnownValue) {
    let ones = [Int](repeating: 1, count: count)
    var name = operand.name
    if operand.value.isActivation || readers[name, default: 0] > 1 {
      repeat { name += ".\(label(index))" } while values[name] != nil
    }
    guard case .constant(.floats(let tensor), _) = operand.value else {
      let rank = operand.value.shape(.two).rank
      let attributes = [
        ONNXAttribute(name: "axes", value: .ints(Array(rank..<rank + count)))
      ]
      let node = ONNXNode(
        name: name, opType: "Unsqueeze", inputs: [operand.name], outputs: [name],
        attributes: attributes)
      let known = [operand.value as KnownValue?]
      guard let unsqueeze = try decode(node, known, place: place).operator as? any Operator else {
        throw GraphError("\(place): operator Unsqueeze is missing from the registry")
      }
      try append(unsqueeze, node, [operand], place: place, index: index)
      return (name, values[name] ?? operand.value)
    }
    let longer = Constant.floats(
      Tensor(Shape(tensor.shape.dimensions + ones), tensor.elements))
    values[name] = .constant(forBatch2: longer, forBatch3: longer)
    return (name, .constant(forBatch2: longer, forBatch3: longer))
  }

  private mutating func uniqueName(_ node: ONNXNode, _ index: Int) -> String {
    let wanted = node.name.isEmpty ? "\(node.opType)_\(index)" : node.name
    guard var suffix = usedNames[wanted] else {
      usedNames[wanted] = 2
      return wanted
    }
    while usedNames["\(wanted)_\(suffix)"] != nil { suffix += 1 }
    usedNames[wanted] = suffix + 1
    usedNames["\(wanted)_\(suffix)"] = 2
    return "\(wanted)_\(suffix)"
  }
}

// MARK: - Constants computed from constants

extension Importer {
  /// Runs an operator whose inputs are all weights, such as a Transpose before a MatMul; what it
  /// gives is a weight.
  private mutating func evaluate(
    _ operator: any Operator, _ node: ONNXNode, _ inputs: [KnownValue], place: String
  ) throws(GraphError) {
    var tensors: [Tensor] = []
    for input in inputs {
      guard case .constant(.floats(let tensor), _) = input else {
        throw GraphError("\(place): graft needs floats there")
      }
      tensors.append(tensor)
    }
    let mixesImages = type(of: `operator`).layouts == .channelsLast
    guard !mixesImages || !tensors.contains(where: { $0.shape.rank == 4 }) else {
      throw GraphError(
        "\(place): all its inputs are constants; run constant folding when exporting")
    }
    let results: [Tensor]
    do {
      results = try Self.run(`operator`, tensors)
    } catch {
      throw GraphError("\(place): \(error.message)")
    }
    for (name, result) in zip(node.outputs, results) where !name.isEmpty {
      values[name] = .constant(forBatch2: .floats(result), forBatch3: .floats(result))
    }
  }

  private static func run(
    _ operator: any Operator, _ inputs: [Tensor]
  ) throws(ShapeError) -> [Tensor] {
    let shapes = try `operator`.outputShapes(for: inputs.map(\.shape))
    let context = PlanningContext(
      inputs: inputs.map(\.shape), isParameter: inputs.map { _ in false }, mode: .inference,
      method: `operator`.methods(
        for: PlanningContext(
          inputs: inputs.map(\.shape), isParameter: inputs.map { _ in false }, mode: .inference)
      ).first?.name)
    let scratch = Arena(count: `operator`.memory(for: context).scratchFloats)
    var outputs = shapes.map { Tensor($0) }
    let views = outputs.indices.map { outputs[$0].unsafeMutableView() }
    `operator`.forward(
      ForwardPass(
        mode: .inference, inputs: inputs.map(\.unsafeView), outputs: views, scratch: scratch.base,
        method: context.method))
    withExtendedLifetime((inputs, scratch)) {}
    return outputs
  }
}
