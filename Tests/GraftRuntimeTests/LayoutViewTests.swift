import GraftGraph
import GraftONNX
import GraftOperators
import GraftRuntime
import GraftTensor
import GraftTestSupport
import Testing

/// Transposes to and from channels last, which the plan reads as the memory that is there.
@Suite struct LayoutViewTests {
  /// A convolution, then a bias along the last axis of [N, H, W, C], then whatever `end` says.
  private func graph(_ end: (inout ModelBuilder) -> Void) throws -> Graph {
    var builder = ModelBuilder("views")
    builder.input("image", [-1, 3, 5, 4])
    builder.weights("w", [6, 3, 3, 3])
    builder.node("Conv", ["image", "w"], ["conv"], ["pads": [1, 1, 1, 1]])
    builder.node("Transpose", ["conv"], ["last"], ["perm": [0, 2, 3, 1]])
    builder.weights("b", [6])
    builder.node("Add", ["last", "b"], ["sum"])
    end(&builder)
    return try Graph(importing: builder.model, registry: .standard)
  }

  private func check(_ graph: Graph, _ steps: [String]) throws {
    let images = Tensor.images([3, 3, 5, 4])
    let options = PlanOptions(isExact: true)
    let expected = try NaiveExecutor.output(of: graph, images)
    let session = try Session(graph, batchSize: 3, mode: .training, options: options)
    #expect(session.plan.steps.map(\.node.opType) == steps)
    session.overwriteWorkingMemory(with: .nan)
    #expect(relativeDifference(session.answers(images), expected.elements) < 1e-6)
    #expect(
      try relativeDifference(
        Session(graph, batchSize: 3, mode: .inference, options: options).answers(images),
        expected.elements) < 1e-6)

    // The gradient of the sum of squares against small steps of the bias.
    for (index, y) in session.answers(images).enumerated() {
      session.outputGradient.base[index] = 2 * y
    }
    session.zeroGradients()
    session.backward()
    let gradient = try #require(session.trainableParameters.first { $0.name == "b" }).gradient
    for c in 0..<6 {
      func loss(_ step: Float) throws -> Double {
        var moved = graph
        var elements = graph.parameters["b"]!.tensor.elements
        elements[c] += step
        moved.parameters["b"]?.tensor = Tensor([6], elements)
        return try NaiveExecutor.output(of: moved, images).elements
          .reduce(0) { $0 + Double($1) * Double($1) }
      }
      let slope = try (loss(0x1p-6) - loss(-0x1p-6)) / 0x1p-5
      #expect(abs(slope - Double(gradient.base[c])) < 2e-3 * max(1, abs(slope)))
    }
  }

  @Test func flattensWhatLiesChannelsLast() throws {
    let graph = try graph { builder in
      builder.node("Flatten", ["sum"], ["flat"])
      builder.weights("fc", [120, 4])
      builder.node("MatMul", ["flat", "fc"], ["y"])
      builder.output("y", [-1, 4])
    }
    try check(graph, ["Conv", "LayoutView", "Add", "Flatten", "MatMul"])
  }

  @Test func goesThereAndBack() throws {
    let graph = try graph { builder in
      builder.node("Transpose", ["sum"], ["first"], ["perm": [0, 3, 1, 2]])
      builder.weights("w2", [4, 6, 3, 3])
      builder.node("Conv", ["first", "w2"], ["conv2"])
      builder.node("GlobalAveragePool", ["conv2"], ["pool"])
      builder.node("Flatten", ["pool"], ["y"])
      builder.output("y", [-1, 4])
    }
    try check(
      graph, ["Conv", "LayoutView", "Add", "LayoutView", "Conv", "GlobalAveragePool", "Flatten"])
  }

  @Test func copiesWhereTheInputIsReadAgain() throws {
    let graph = try graph { builder in
      builder.node("Transpose", ["sum"], ["first"], ["perm": [0, 3, 1, 2]])
      builder.node("Sigmoid", ["first"], ["gate"])
      builder.node("Mul", ["conv", "gate"], ["gated"])
      builder.node("Add", ["gated", "conv"], ["joined"])
      builder.node("GlobalAveragePool", ["joined"], ["pool"])
      builder.node("Flatten", ["pool"], ["y"])
      builder.output("y", [-1, 6])
    }
    try check(
      graph,
      [
        "Conv", "LayoutView", "Add", "LayoutView", "Sigmoid", "Mul", "Add", "GlobalAveragePool",
        "Flatten",
      ])
  }

  @Test func movesElementsForOtherOrders() throws {
    let graph = try graph { builder in
      builder.node("Transpose", ["sum"], ["other"], ["perm": [0, 3, 2, 1]])
      builder.node("Flatten", ["other"], ["y"])
      builder.output("y", [-1, 120])
    }
    try check(graph, ["Conv", "LayoutView", "Add", "Transpose", "Flatten"])
  }
}
