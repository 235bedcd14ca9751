import GraftOperators

/// What some steps of descent on one batch did.
public struct LearningSteps: Sendable {
  /// The mean loss before each step.
  public internal(set) var losses: [Double] = []
  /// How long each step took.
  public internal(set) var seconds: [Double] = []
  /// How long it took to plan.
  public internal(set) var planningSeconds = 0.0
  /// What the plan said it would allocate.
  public internal(set) var plannedBytes = 0
}

/// How a network is trained to compare it with other engines: every parameter, unless said
/// otherwise, cross-entropy, stochastic gradient descent with momentum, always the same batch.
public struct LearningOptions: Sendable {
  /// Updates of the weights.
  public var steps: Int
  /// The learning rate.
  public var rate: Float
  /// μ of the descent.
  public var momentum: Float
  /// Do normalisations take the statistics of the batch?
  public var usesBatchStatistics: Bool
  /// Everything up to and including the node of this name stays as it is; nothing does unless given.
  public var frozenThrough: String?
  /// Where the network goes after the last step, as ONNX.
  public var result: FilePath?

  /// One step at a usual rate, unless given.
  public init(
    steps: Int = 1, rate: Float = 0.001, momentum: Float = 0.9, usesBatchStatistics: Bool = false,
    frozenThrough: String? = nil, result: FilePath? = nil
  ) {
    self.steps = steps
    self.rate = rate
    self.momentum = momentum
    self.usesBatchStatistics = usesBatchStatistics
    self.frozenThrough = frozenThrough
    self.result = result
  }
}

/// Trains a network as its file has it, on numbers as ONNX lays them out.
///
/// - Parameter onGradient: is given the gradient of each parameter in the first step, sorted by name.
public func learn(
  _ path: FilePath, on input: Tensor, labels: [Int], options: LearningOptions,
  plan planOptions: PlanOptions = .init(),
  onGradient: (String, TensorView) throws -> Void = { _, _ in }
) throws -> LearningSteps {
  var result = LearningSteps()
  let session: Session
  do {
    var graph = try Graph(importing: ONNXReader.read(path), registry: .standard)
      .givingNodesOwnParameters().unfrozen()
      .usingBatchStatistics(options.usesBatchStatistics).keepingFirstOutput()
    if let name = options.frozenThrough { graph = try graph.freezing(through: name) }
    let classes = try graph.shapes(batchSize: 1)[graph.outputs[0]]?.elementCount ?? 0
    guard let shape = graph.inputs.first?.imageShape, labels.count == input.shape[0],
      input.shape.dimensions == [labels.count] + shape.dimensions,
      labels.allSatisfy({ (0..<classes).contains($0) })
    else {
      throw GraphError(
        "the network takes [N] + \(graph.inputs.first?.imageShape ?? []) and N labels below "
          + "\(classes), not \(input.shape) and \(labels.count) labels")
    }
    let clock = ContinuousClock()
    let start = clock.now
    session = try Session(
      graph, batchSize: labels.count, mode: .training, options: planOptions)
    result.planningSeconds = (clock.now - start) / .seconds(1)
  } catch let error as ONNXError {
    throw GraftError(error)
  } catch let error as GraphError {
    throw GraftError(error.in(file: path.string))
  }
  result.plannedBytes = session.plan.memoryBytes
  try session.learn(input, labels, options, into: &result, onGradient)
  if let target = options.result { try session.write(to: target) }
  return result
}

extension Session {
  /// The network with its weights of now, in the newest opset, since only comparisons read it.
  fileprivate func write(to target: FilePath) throws(GraftError) {
    let network = try lifting {
      () throws(GraphError) in try graph.exported(opset: supportedOpsets.upperBound)
    }
    try lifting {
      () throws(ONNXError) in try ONNXWriter.write(network, to: target, replacing: true)
    }
  }

  fileprivate func learn(
    _ input: Tensor, _ labels: [Int], _ options: LearningOptions, into result: inout LearningSteps,
    _ onGradient: (String, TensorView) throws -> Void
  ) throws {
    let optimizer = SGD(momentum: options.momentum)
    let parameters = trainableParameters
    var states = parameters.map { optimizer.makeState(for: $0.value.shape) }
    let clock = ContinuousClock()
    for step in 0..<options.steps {
      let start = clock.now
      let outputs = input.withUnsafeElements { _ in forward(input.unsafeView) }
      result.losses.append(
        SoftmaxCrossEntropy().evaluate(outputs, labels: labels, gradient: outputGradient))
      zeroGradients()
      backward()
      if step == 0 {
        for parameter in parameters { try onGradient(parameter.name, parameter.gradient.readOnly) }
      }
      for (index, parameter) in parameters.enumerated() {
        optimizer.update(
          parameter.value, gradient: parameter.gradient.readOnly, role: parameter.role,
          state: &states[index], rate: options.rate)
      }
      parametersChanged()
      result.seconds.append((clock.now - start) / .seconds(1))
    }
  }
}
