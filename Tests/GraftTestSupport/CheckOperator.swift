package import GraftGraph
import GraftONNX
import GraftTensor

/// What an operator should compute, written from the formula in Double: the example, and all inputs
/// of the node in ONNX order (nil where absent), to all outputs.
package typealias Oracle = (_ example: OperatorCase, _ inputs: [DoubleTensor?]) -> [DoubleTensor]

/// The definition of "this operator is correct", the same for all of them.
///
/// decode (nothing left unread) → shapes → for each layout and method: forward in both modes equals
/// the oracle, every element assigned, nothing written outside → gradient equals central finite
/// differences of the oracle → inputs that nobody asks about are skipped → gradients are added to,
/// or assigned where they begin → in place gives the same → any number of threads gives the same bits
/// → encode → decode → the same.
///
/// - Parameters:
///   - trainingOracle: what it computes in training mode, where that differs.
///   - checkedElements: gradients of larger inputs are checked at this many places.
package func checkOperator<O: Operator>(
  _ type: O.Type, _ example: OperatorCase, checkedElements: Int = 24, oracle: @escaping Oracle,
  trainingOracle: Oracle? = nil
) throws(CheckFailure) {
  let check = try OperatorCheck(type, example)
  let inferred = oracle(example, check.references)
  let trained = trainingOracle.map { $0(example, check.references) } ?? inferred
  try check.checkShapes(inferred)
  let differences = FiniteDifferences(
    check, trained, checkedElements: checkedElements, oracle: trainingOracle ?? oracle)
  for layout in check.layouts {
    for method in check.methods {
      let settings = RunSettings(layout: layout, method: method, mode: .inference)
      try check.checkForward(settings, inferred)
      var training = settings
      training.mode = .training
      try check.checkForward(training, trained)
      try check.checkGradients(training, differences)
    }
    try check.checkCoding(layout)
  }
}

/// An operator decoded from an example, and what its runs are compared with.
struct OperatorCheck {
  let example: OperatorCase
  let op: any Operator
  let flow: [FlowInput]
  let outputShapes: [Shape]
  let references: [DoubleTensor?]
  private let what: String

  init<O: Operator>(_ type: O.Type, _ example: OperatorCase) throws(CheckFailure) {
    self.example = example
    what = "\(type.opType) '\(example)'"
    references = example.inputs.map { $0.reference(batch: example.batch) }
    guard type.opsets.contains(example.opset) else {
      throw CheckFailure("\(what): the operator is written for opsets \(type.opsets)")
    }
    let decoder = NodeDecoder(
      opType: type.opType, opset: example.opset, attributes: example.attributes,
      inputs: example.inputs.map(\.decoded), outputCount: example.outputCount)
    op = try Self.decode(type, decoder, what)
    var flow: [FlowInput] = []
    for (index, input) in example.inputs.enumerated() {
      guard case .floats(let shape, let elements) = input.content else {
        if case .absent = input.content { continue }
        guard decoder.consumedInputs.contains(index) else {
          throw CheckFailure("\(what): integer input \(index) was not read")
        }
        continue
      }
      guard !decoder.consumedInputs.contains(index) else { continue }
      flow.append(
        FlowInput(
          index: index, shape: shape, elements: elements, isParameter: input.isParameter,
          isDifferentiable: input.isDifferentiable))
    }
    self.flow = flow
    do {
      outputShapes = try op.outputShapes(for: flow.map(\.shape))
    } catch {
      throw CheckFailure("\(what): refuses the shapes: \(error)")
    }
  }

  private static func decode<O: Operator>(
    _ type: O.Type, _ decoder: borrowing NodeDecoder, _ what: String
  ) throws(CheckFailure) -> any Operator {
    let op: O
    do { op = try O(decoding: decoder) } catch {
      throw CheckFailure("\(what): cannot be decoded: \(error)")
    }
    guard decoder.unreadAttributes.isEmpty else {
      throw CheckFailure("\(what): attributes left unread: \(decoder.unreadAttributes)")
    }
    return op
  }

  var layouts: [Layout] {
    switch type(of: op).layouts {
    case .channelsFirst: [.channelsFirst]
    case .channelsLast: [.channelsLast]
    case .any: [.channelsLast, .channelsFirst]
    }
  }

  var methods: [MethodEstimate?] {
    let methods = op.methods(
      for: PlanningContext(
        inputs: flow.map(\.shape), isParameter: flow.map(\.isParameter), mode: .training))
    return methods.isEmpty ? [nil] : methods
  }

  func run(_ settings: RunSettings, _ op: (any Operator)? = nil) throws(CheckFailure) -> OperatorRun
  {
    try OperatorRun(
      op ?? self.op, flow, outputShapes: outputShapes, settings: settings, seed: example.seed,
      what: what)
  }
}

// MARK: - Forward

extension OperatorCheck {
  func checkShapes(_ expected: [DoubleTensor]) throws(CheckFailure) {
    guard outputShapes == expected.map(\.shape) else {
      throw CheckFailure(
        "\(what): output shapes \(outputShapes); the oracle has \(expected.map(\.shape))")
    }
  }

  func checkForward(_ settings: RunSettings, _ expected: [DoubleTensor]) throws(CheckFailure) {
    let exact = settings.method?.isExact ?? true
    let tolerance = exact ? example.tolerance : example.tolerance.forInexactMethod
    let outputs = try run(settings).forward()
    for (index, output) in outputs.enumerated() {
      try tolerance.check(
        output, equals: expected[index], "\(what), \(settings): output \(index)")
    }
    for threads in [1, 3] {
      let again = try withThreads(threads) { () throws(CheckFailure) in
        try run(settings).forward()
      }
      try requireSameBits(again, outputs, "\(what), \(settings), \(threads) threads")
    }
    guard type(of: op).runsInPlace, flow[0].shape == outputShapes[0], !flow[0].isParameter else {
      return
    }
    var inPlace = settings
    inPlace.inPlace = true
    try requireSameBits(try run(inPlace).forward(), outputs, "\(what), \(inPlace)")
  }

  private func requireSameBits(
    _ actual: [[Float]], _ expected: [[Float]], _ what: String
  ) throws(CheckFailure) {
    for (index, (a, b)) in zip(actual, expected).enumerated() {
      for (offset, (x, y)) in zip(a, b).enumerated() where x.bitPattern != y.bitPattern {
        throw CheckFailure(
          "\(what): result \(index) at offset \(offset) is \(x); before it was \(y)")
      }
    }
  }
}

// MARK: - Backward

extension OperatorCheck {
  func checkGradients(
    _ settings: RunSettings, _ differences: FiniteDifferences
  ) throws(CheckFailure) {
    let wanted = Set(flow.indices.filter { flow[$0].isDifferentiable })
    let zeros = { (index: Int) in [Float](repeating: 0, count: flow[index].elements.count) }
    let gradients = try backward(settings, differences, wanted, initial: zeros)
    let exact = settings.method?.isExact ?? true
    let tolerance =
      exact ? example.gradientTolerance : example.gradientTolerance.forInexactMethod
    for index in wanted {
      let place = "\(what), \(settings): gradient of input \(index)"
      try differences.check(gradients[index] ?? [], input: index, tolerance, place)
      try checkAlone(settings, differences, index, gradients[index] ?? [], tolerance)
    }
    _ = try backward(settings, differences, [], initial: zeros)
    try checkAccumulation(settings, differences, wanted, gradients, tolerance)
    for threads in [1, 3] {
      let again = try withThreads(threads) { () throws(CheckFailure) in
        try backward(settings, differences, wanted, initial: zeros)
      }
      for index in wanted {
        try requireSameBits(
          [again[index] ?? []], [gradients[index] ?? []],
          "\(what), \(settings), \(threads) threads: gradient of input \(index)")
      }
    }
    if type(of: op).beginsGradients {
      var beginning = settings
      beginning.begins = true
      let again = try backward(beginning, differences, wanted, initial: zeros)
      for index in wanted {
        let expected = DoubleTensor(flow[index].shape, floats: gradients[index] ?? [])
        try tolerance.check(
          again[index] ?? [], equals: expected,
          "\(what), \(beginning): gradient of input \(index)")
      }
    }
    guard type(of: op).runsInPlace, flow[0].shape == outputShapes[0], !flow[0].isParameter else {
      return
    }
    var inPlace = settings
    inPlace.inPlace = true
    let again = try backward(inPlace, differences, wanted, initial: zeros)
    for index in wanted {
      try requireSameBits(
        [again[index] ?? []], [gradients[index] ?? []],
        "\(what), \(inPlace): gradient of input \(index)")
    }
  }

  private func backward(
    _ settings: RunSettings, _ differences: FiniteDifferences, _ wanted: Set<Int>,
    initial: (Int) -> [Float]
  ) throws(CheckFailure) -> [Int: [Float]] {
    let run = try run(settings)
    _ = try run.forward()
    return try run.backward(
      outputGradients: differences.outputGradients, wanted: wanted, initial: initial)
  }

  /// All other inputs frozen: the gradient of this one is the same.
  private func checkAlone(
    _ settings: RunSettings, _ differences: FiniteDifferences, _ index: Int, _ expected: [Float],
    _ tolerance: Tolerance
  ) throws(CheckFailure) {
    let alone = try backward(settings, differences, [index]) {
      [Float](repeating: 0, count: flow[$0].elements.count)
    }
    try tolerance.check(
      alone[index] ?? [], equals: DoubleTensor(flow[index].shape, floats: expected),
      "\(what), \(settings): gradient of input \(index), all others frozen,")
  }

  /// What is there before stays, the gradient is added to it.
  private func checkAccumulation(
    _ settings: RunSettings, _ differences: FiniteDifferences, _ wanted: Set<Int>,
    _ gradients: [Int: [Float]], _ tolerance: Tolerance
  ) throws(CheckFailure) {
    let before = { (index: Int) -> [Float] in
      var generator = SeededGenerator(7, index)
      return flow[index].elements.map { _ in 2 * generator.uniform() - 1 }
    }
    let sums = try backward(settings, differences, wanted, initial: before)
    for index in wanted {
      let expected = zip(before(index), gradients[index] ?? []).map { Double($0) + Double($1) }
      try tolerance.check(
        sums[index] ?? [], equals: DoubleTensor(flow[index].shape, expected),
        "\(what), \(settings): gradient of input \(index), added to former contents,")
    }
  }
}

// MARK: - Encode and decode

extension OperatorCheck {
  /// Written under the opset of the export and its own, then read again: the same operator.
  func checkCoding(_ layout: Layout) throws(CheckFailure) {
    let opsets = Set(example.exportOpsets + [example.opset])
      .filter { type(of: op).opsets.contains($0) }
    for opset in opsets.sorted() {
      let again = try recode(op, opset)
      for mode in [Mode.inference, .training] {
        let settings = RunSettings(layout: layout, method: methods[0], mode: mode)
        try requireSameBits(
          try run(settings, again).forward(), try run(settings).forward(),
          "\(what), \(settings), written and read under opset \(opset)")
      }
    }
  }

  private func recode<O: Operator>(_ op: O, _ opset: Int) throws(CheckFailure) -> any Operator {
    var encoder = NodeEncoder(opset: opset)
    op.encode(into: &encoder)
    let what = "\(what), written under opset \(opset) and read again"
    let attributes = Dictionary(encoder.attributes.map { ($0.name, $0.value) }) { $1 }
    guard attributes.count == encoder.attributes.count else {
      throw CheckFailure("\(what): an attribute is written twice")
    }
    let inputs = flow.map { example.inputs[$0.index].decoded }
    return try Self.decode(
      O.self,
      NodeDecoder(
        opType: O.opType, opset: opset, attributes: attributes,
        inputs: inputs + encoder.constantInputs.map(\.decoded), outputCount: example.outputCount),
      what)
  }
}

extension NodeEncoder.ConstantInput {
  /// What the importer makes of the constant when it reads the file.
  package var decoded: DecodedInput {
    switch self {
    case .absent: .absent
    case .float(let value): .floats(Tensor([], [value]))
    case .ints(let values):
      .integers(forBatch2: IntegerTensor(values), forBatch3: IntegerTensor(values))
    case .integers(let tensor): .integers(forBatch2: tensor, forBatch3: tensor)
    case .int(let value):
      .integers(
        forBatch2: IntegerTensor(dimensions: [], values: [value]),
        forBatch3: IntegerTensor(dimensions: [], values: [value]))
    case .bool(let value):
      .integers(
        forBatch2: IntegerTensor(dimensions: [], values: [value ? 1 : 0]),
        forBatch3: IntegerTensor(dimensions: [], values: [value ? 1 : 0]))
    }
  }
}
