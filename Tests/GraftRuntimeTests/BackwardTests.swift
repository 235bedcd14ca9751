import GraftGraph
import GraftONNX
import GraftOperators
import GraftRuntime
import GraftTensor
import GraftTestSupport
import Testing

/// The gradient of a whole network against central differences of its loss.
@Suite struct BackwardTests {
  /// Conv, frozen statistics, Relu, MaxPool, a residual Add, pooling, Gemm; every value smooth
  /// enough that a step of 1/64 rarely crosses a kink.
  private func residualNetwork() throws -> Graph {
    var builder = ModelBuilder()
    builder.input("x", [-1, 3, 6, 6])
    builder.weights("c1.w", [4, 3, 3, 3])
    builder.weights("c1.b", [4])
    builder.node("Conv", ["x", "c1.w", "c1.b"], ["c1"], ["pads": [1, 1, 1, 1]])
    builder.weights("bn.s", [4], in: 0.5...1.5)
    builder.weights("bn.b", [4])
    builder.weights("bn.m", [4])
    builder.weights("bn.v", [4], in: 0.5...1.5)
    builder.node("BatchNormalization", ["c1", "bn.s", "bn.b", "bn.m", "bn.v"], ["bn"])
    builder.node("Relu", ["bn"], ["r1"])
    builder.node("MaxPool", ["r1"], ["p"], ["kernel_shape": [2, 2], "strides": [2, 2]])
    builder.weights("c2.w", [4, 4, 3, 3])
    builder.node("Conv", ["p", "c2.w"], ["c2"], ["pads": [1, 1, 1, 1]])
    builder.node("Add", ["c2", "p"], ["sum"])
    builder.node("Sigmoid", ["sum"], ["s"])
    builder.node("GlobalAveragePool", ["s"], ["g"])
    builder.node("Flatten", ["g"], ["f"])
    builder.weights("fc.w", [3, 4])
    builder.weights("fc.b", [3])
    builder.node("Gemm", ["f", "fc.w", "fc.b"], ["y"], ["transB": 1])
    builder.output("y", [-1, 3])
    return try builder.model.imported()
  }

  /// Flatten of an image: the gradient passes a conversion of layouts.
  private func flattenNetwork() throws -> Graph {
    var builder = ModelBuilder()
    builder.input("x", [-1, 3, 4, 4])
    builder.weights("c.w", [4, 3, 3, 3])
    builder.weights("c.b", [4])
    builder.node("Conv", ["x", "c.w", "c.b"], ["c"], ["pads": [1, 1, 1, 1]])
    builder.node("Tanh", ["c"], ["t"])
    builder.node("Flatten", ["t"], ["f"])
    builder.weights("fc.w", [64, 3])
    builder.node("MatMul", ["f", "fc.w"], ["product"])
    builder.weights("fc.b", [3])
    builder.node("Add", ["product", "fc.b"], ["y"])
    builder.output("y", [-1, 3])
    return try builder.model.imported()
  }

  func outputGradient(_ count: Int) -> [Float] {
    Tensor.images([count], seed: 21).elements
  }

  func run(_ session: Session, _ images: Tensor) -> Double {
    let output = session.answers(images)
    let g = outputGradient(output.count)
    return zip(output, g).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  func differentiate(_ session: Session, _ images: Tensor) {
    let output = session.answers(images)
    let gradient = session.outputGradient
    for (index, value) in outputGradient(output.count).enumerated() { gradient.base[index] = value }
    session.backward()
  }

  func checkGradients(_ graph: Graph) throws {
    let images = Tensor.images(graph.inputs[0].shape(batchSize: 3))
    let session = try Session(
      graph, batchSize: 4, mode: .training, options: PlanOptions(isExact: true))
    session.overwriteWorkingMemory(with: .nan)
    session.zeroGradients()
    differentiate(session, images)
    let step: Float = 1.0 / 64
    for parameter in session.trainableParameters {
      var slopes: [Double] = []
      let gradient = Array(parameter.gradient.elements)
      for index in 0..<parameter.value.count {
        let value = parameter.value.base[index]
        func loss(_ changed: Float) -> Double {
          parameter.value.base[index] = changed
          session.parametersChanged()
          return run(session, images)
        }
        slopes.append((loss(value + step) - loss(value - step)) / Double(2 * step))
        _ = loss(value)
      }
      // Floats round the loss to 1e-7, the step is finite, and a Relu may bend in between.
      let difference = relativeDifference(gradient, slopes.map(Float.init))
      #expect(difference < 4e-3, "\(parameter.name)")
    }
  }

  @Test func matchesFiniteDifferencesThroughAResidualBlock() throws {
    try checkGradients(residualNetwork())
  }

  @Test func matchesFiniteDifferencesThroughAFlatten() throws {
    try checkGradients(flattenNetwork())
  }

  /// Weights that are normalised first: a value that is no image's, whatever the batch.
  @Test func matchesFiniteDifferencesThroughNormalisedWeights() throws {
    var graph = try flattenNetwork()
    let type = try #require(OperatorRegistry.standard["LpNormalization"] as? any Operator.Type)
    let decoder = NodeDecoder(
      opType: "LpNormalization", opset: 17, attributes: ["axis": 0], inputs: [.activation([64, 3])])
    let place = try #require(graph.nodes.firstIndex { $0.opType == "MatMul" })
    graph.nodes[place].inputs[1] = "directions"
    graph.nodes.insert(
      Node(
        name: "directions", operator: try type.init(decoding: decoder), inputs: ["fc.w"],
        outputs: ["directions"]), at: place)
    try checkGradients(graph)
    let images = Tensor.images([3, 3, 4, 4])
    let all = try Session(graph, batchSize: 3, mode: .inference).answers(images)
    for batch in [1, 2, 8] {
      let session = try Session(graph, batchSize: batch, mode: .inference)
      #expect(relativeDifference(session.answers(images.prefix(1)), Array(all.prefix(3))) < 1e-6)
    }
  }

  @Test func givesFrozenLayersNoGradient() throws {
    let graph = try residualNetwork().freezing(through: "p")
    let session = try Session(graph, batchSize: 2, mode: .training)
    #expect(session.trainableParameters.map(\.name) == ["c2.w", "fc.b", "fc.w"])
    let whole = try Session(residualNetwork(), batchSize: 2, mode: .training)
    let images = Tensor.images([2, 3, 6, 6])
    differentiate(session, images)
    differentiate(whole, images)
    for parameter in session.trainableParameters {
      let same = try #require(whole.trainableParameters.first { $0.name == parameter.name })
      #expect(
        relativeDifference(Array(parameter.gradient.elements), Array(same.gradient.elements)) < 1e-5
      )
    }
  }

  @Test func addsGradientsUpUntilTheyAreCleared() throws {
    let session = try Session(flattenNetwork(), batchSize: 2, mode: .training)
    let images = Tensor.images([2, 3, 4, 4])
    differentiate(session, images)
    let once = session.trainableParameters.map { Array($0.gradient.elements) }
    differentiate(session, images)
    for (parameter, first) in zip(session.trainableParameters, once) {
      #expect(
        relativeDifference(Array(parameter.gradient.elements), first.map { 2 * $0 }) < 1e-6)
    }
    session.zeroGradients()
    #expect(
      session.trainableParameters.allSatisfy { $0.gradient.elements.allSatisfy { $0 == 0 } })
  }

  @Test func takesNewWeightsIntoAccount() throws {
    let graph = try residualNetwork()
    let session = try Session(graph, batchSize: 2, mode: .training)
    let images = Tensor.images([2, 3, 6, 6])
    for parameter in session.trainableParameters {
      for index in 0..<parameter.value.count { parameter.value.base[index] *= 0.5 }
    }
    session.parametersChanged()
    let expected = try NaiveExecutor.output(of: session.graph, images)
    #expect(relativeDifference(session.answers(images), expected.elements) < 5e-4)
    #expect(graph.parameters["fc.w"]?.tensor != session.graph.parameters["fc.w"]?.tensor)
  }

  @Test func threadsDoNotChangeABitOfAGradient() throws {
    let graph = try residualNetwork()
    let images = Tensor.images([3, 3, 6, 6])
    let runs = try [1, 2, 3].map { threads in
      try withThreads(threads) { () throws(CheckFailure) -> [[Float]] in
        do {
          let session = try Session(graph, batchSize: 3, mode: .training)
          differentiate(session, images)
          return session.trainableParameters.map { Array($0.gradient.elements) }
        } catch { throw CheckFailure("\(error)") }
      }
    }
    #expect(runs[0] == runs[1])
    #expect(runs[0] == runs[2])
  }
}
