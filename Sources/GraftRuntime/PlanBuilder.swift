import GraftGraph
import GraftTensor

/// A plan in the making: first layouts and methods, step by step, then memory.
struct PlanBuilder {
  let source: Graph
  let batchSize: Int
  let mode: Mode
  let options: PlanOptions
  let shapes: [String: Shape]
  let differentiable: Set<String>
  private let ofParameters: Set<String>

  var values: [PlannedValue] = []
  /// For each value: is its gradient asked for?
  private(set) var isDifferentiable: [Bool] = []
  var drafts: [Draft] = []
  /// The value that the session gives back.
  private(set) var outputIndex = 0
  private var indexByName: [String: Int] = [:]
  /// Converted copies of values, by value and layout.
  private var converted: [Int: Int] = [:]
  private var packedFloats = 0

  /// A step whose memory is not placed yet.
  struct Draft {
    var node: Node
    var inputs: [PlannedInput]
    var outputs: [Int]
    var updatedParameters: [String]
    var method: String?
    var estimates: [MethodEstimate]
    var memory: OperatorMemory
    var isDifferentiated: Bool
    var packedOffset: Int?
    var floatingPointOperations: Int
  }

  init(
    _ source: Graph, batchSize: Int, mode: Mode, options: PlanOptions
  ) throws(GraphError) {
    self.source = source
    self.batchSize = batchSize
    self.mode = mode
    self.options = options
    shapes = try source.shapes(batchSize: batchSize)
    ofParameters = source.valuesOfParameters
    differentiable = mode == .training ? source.differentiableValues : []
    for input in source.inputs { addValue(input.name, layout: .channelsLast) }
  }

  mutating func addSteps() throws(GraphError) {
    for node in source.nodes { try addStep(node) }
    // Whoever reads images or features from a session finds them as photos come: channels last.
    outputIndex = conversion(of: indexByName[source.outputs[0]] ?? 0, to: .channelsLast)
  }

  /// A value of the graph, found by its name from now on.
  @discardableResult
  private mutating func addValue(_ name: String, layout: Layout) -> Int {
    let index = addValue(name, shape: shapes[name] ?? [], layout: layout)
    indexByName[name] = index
    return index
  }

  private mutating func addValue(
    _ name: String, shape: Shape, layout: Layout, isDifferentiable: Bool? = nil,
    isOfBatch: Bool? = nil
  ) -> Int {
    var value = PlannedValue(
      name: name, shape: shape, layout: shape.rank == 4 ? layout : .channelsFirst)
    value.isOfBatch = isOfBatch ?? !ofParameters.contains(name)
    values.append(value)
    self.isDifferentiable.append(isDifferentiable ?? differentiable.contains(name))
    return values.count - 1
  }
}

// MARK: - Layouts

extension PlanBuilder {
  private mutating func addStep(_ node: Node) throws(GraphError) {
    if addView(node) { return }
    let target = layout(for: node)
    var inputs: [PlannedInput] = []
    for name in node.inputs {
      if source.parameters[name] != nil {
        inputs.append(.parameter(name))
      } else if let value = indexByName[name] {
        inputs.append(.value(conversion(of: value, to: target), target))
      } else {
        throw GraphError("node '\(node.name)' (\(node.opType)): nothing produces '\(name)'")
      }
    }
    let updated = updatedParameters(of: node)
    let computed = updated.isEmpty ? node.outputs[...] : node.outputs.prefix(1)
    let outputs = computed.map { addValue($0, layout: target) }
    addDraft(node, inputs: inputs, outputs: outputs, updatedParameters: updated)
  }

  /// Reads a Transpose to or from channels last as what it is in memory: nothing.
  private mutating func addView(_ node: Node) -> Bool {
    guard let reordering = node.operator as? any AxisReorderingOperator,
      let value = indexByName[node.inputs[0]], values[value].shape.rank == 4,
      let direction = LayoutView.Direction(reordering.permutation(rank: 4))
    else { return false }
    let view = Node(
      name: node.name, operator: LayoutView(direction: direction), inputs: node.inputs,
      outputs: node.outputs)
    let input = PlannedInput.value(conversion(of: value, to: direction.input), direction.input)
    let output = addValue(node.outputs[0], layout: direction.output)
    addDraft(view, inputs: [input], outputs: [output], updatedParameters: [])
    return true
  }

  /// Running statistics that nobody but the network itself reads.
  private func updatedParameters(of node: Node) -> [String] {
    guard let keeping = node.operator as? any BatchStatisticsOperator else { return [] }
    let names = keeping.updatedInputs.map { node.inputs[$0] }
    return names.allSatisfy { source.parameters[$0] != nil } ? names : []
  }

  /// The layout in which a node computes: what its operator asks for, or what its inputs have.
  private func layout(for node: Node) -> Layout {
    switch type(of: node.operator).layouts {
    case .channelsFirst: return .channelsFirst
    case .channelsLast: return .channelsLast
    case .any:
      let layouts = node.inputs.compactMap { name -> Layout? in
        guard let index = indexByName[name], !Layout.coincide(values[index].shape) else {
          return nil
        }
        return values[index].layout
      }
      return layouts.first ?? .channelsLast
    }
  }

  /// The value in another layout: itself where that makes no difference, else a copy.
  private mutating func conversion(of index: Int, to layout: Layout) -> Int {
    let value = values[index]
    guard value.layout != layout, !Layout.coincide(value.shape) else { return index }
    if let copy = converted[index] { return copy }
    let name = value.name + (layout == .channelsLast ? "#NHWC" : "#NCHW")
    let node = Node(
      name: name, operator: LayoutConversion(), inputs: [value.name], outputs: [name])
    let copy = addValue(
      name, shape: value.shape, layout: layout, isDifferentiable: isDifferentiable[index],
      isOfBatch: value.isOfBatch)
    addDraft(
      node, inputs: [.value(index, value.layout)], outputs: [copy],
      isDifferentiated: isDifferentiable[index])
    converted[index] = copy
    return copy
  }
}

// MARK: - Methods and memory of one step

extension PlanBuilder {
  private mutating func addDraft(
    _ node: Node, inputs: [PlannedInput], outputs: [Int], updatedParameters: [String] = [],
    isDifferentiated: Bool? = nil
  ) {
    let isDifferentiated =
      isDifferentiated ?? node.outputs.contains(where: differentiable.contains)
    var context = PlanningContext(
      inputs: inputs.map(shape), isParameter: inputs.map(\.isParameter),
      isLearned: inputs.map { $0.isLearned(in: source, mode) },
      mode: isDifferentiated ? mode : .inference)
    let estimates = node.operator.methods(for: context)
    context.method = choose(estimates)
    let memory = node.operator.memory(for: context)
    var packedOffset: Int?
    if memory.packedFloats > 0 {
      packedOffset = packedFloats
      packedFloats += Arena.aligned(memory.packedFloats)
    }
    drafts.append(
      Draft(
        node: node, inputs: inputs, outputs: outputs,
        updatedParameters: mode == .training && isDifferentiated ? updatedParameters : [],
        method: context.method, estimates: estimates, memory: memory,
        isDifferentiated: isDifferentiated,
        packedOffset: packedOffset,
        floatingPointOperations: node.operator.floatingPointOperations(
          for: context.inputs, outputs: outputs.map { values[$0].shape })))
  }

  private func choose(_ methods: [MethodEstimate]) -> String? {
    if let forced = options.method ?? PlanOptions.environmentMethod,
      methods.contains(where: { $0.name == forced })
    {
      return forced
    }
    let allowed = options.isExact ? methods.filter(\.isExact) : methods
    return allowed.min { $0.cost < $1.cost }?.name
  }

  func shape(_ input: PlannedInput) -> Shape {
    switch input {
    case .value(let index, _): values[index].shape
    case .parameter(let name): source.parameters[name]?.tensor.shape ?? []
    }
  }
}

extension PlannedInput {
  func isLearned(in graph: Graph, _ mode: Mode) -> Bool {
    guard mode == .training, case .parameter(let name) = self else { return false }
    return graph.parameters[name]?.isTrainable == true
  }

  var isParameter: Bool {
    if case .parameter = self { true } else { false }
  }

  var valueIndex: Int? {
    if case .value(let index, _) = self { index } else { nil }
  }
}

// MARK: - The plan

extension PlanBuilder {
  /// Places every value in the arena and closes the plan.
  func plan() -> Plan {
    let images = ImageSteps(self)
    var planner = MemoryPlanner(self, images)
    let placement = planner.place()
    var placed = values
    for index in placed.indices {
      placed[index].isOfOneImage = images.values.contains(index)
      placed[index].offset = placement.values[index]
      placed[index].gradientOffset = placement.gradients[index]
    }
    let clearedGradients = planner.gradientsThatBegin()
    let steps = drafts.enumerated().map { index, draft in
      PlannedStep(
        node: draft.node, method: draft.method, estimates: draft.estimates,
        floatingPointOperations: draft.floatingPointOperations, inputs: draft.inputs,
        outputs: draft.outputs, updatedParameters: draft.updatedParameters,
        isDifferentiated: draft.isDifferentiated,
        savedOffsets: placement.saved[index], packedOffset: draft.packedOffset,
        clearedGradients: clearedGradients[index])
    }
    var graph = source
    graph.nodes = drafts.map(\.node)
    return Plan(
      batchSize: batchSize, mode: mode, options: options, graph: graph, steps: steps,
      arenaFloats: placement.total, packedFloats: packedFloats, imageSteps: images.count,
      imageWorkers: images.workers, imageArenaFloats: placement.ofOneImage, values: placed,
      inputValue: 0, outputValue: outputIndex)
  }
}
