import GraftGraph
import GraftONNX
import GraftTensor
import GraftTestSupport
import Testing

/// Inputs `[N, H, W, C]`, as Keras and TensorFlow have them.
@Suite struct ChannelsLastInputTests {
  /// An input `x`, whatever `begin` puts behind it, and a convolution of `first`.
  private func builder(
    _ dimensions: [Int], begin: (inout ModelBuilder) -> Void
  ) -> ModelBuilder {
    var builder = ModelBuilder()
    builder.input("x", dimensions)
    begin(&builder)
    builder.weights("w", [2, 3, 3, 3])
    builder.node("Conv", ["first", "w"], ["y"])
    builder.output("y", [-1, 2, 3, 4])
    return builder
  }

  private func transposed(_ from: String = "x") -> (inout ModelBuilder) -> Void {
    { $0.node("Transpose", [from], ["first"], ["perm": [0, 3, 1, 2]]) }
  }

  @Test func dissolvesTheTranspose() throws {
    let graph = try builder([-1, 5, 6, 3], begin: transposed()).graph()
    #expect(graph.inputs == [GraphInput(name: "x", imageShape: [3, 5, 6])])
    #expect(graph.nodes.map(\.opType) == ["Conv"])
    #expect(graph.nodes[0].inputs == ["x", "w"])
    #expect(
      graph.notes == [
        "the file takes photos as [N, height, width, channels] at 'x'; graft reads, and writes, the "
          + "network for [N, channels, height, width]"
      ])
  }

  @Test func bringsTheImageBackForArithmeticBeforeIt() throws {
    var builder = builder([-1, 5, 6, 3]) { builder in
      builder.weights("means", [3])
      builder.node("Sub", ["x", "means"], ["centred"])
      transposed("centred")(&builder)
    }
    // The same network as a plain one.
    let graph = try builder.graph()
    #expect(graph.inputs == [GraphInput(name: "x", imageShape: [3, 5, 6])])
    #expect(graph.nodes.map(\.opType) == ["Transpose", "Sub", "Transpose", "Conv"])
    #expect(graph.nodes[0].name == "x.channels_last")

    builder.model.graph.inputs[0].dimensions = [
      .symbolic("batch"), .fixed(3), .fixed(5), .fixed(6),
    ]
    builder.model.graph.nodes.removeAll { $0.opType != "Conv" }
    builder.model.graph.nodes[0].inputs[0] = "centred"
    builder.model.graph.nodes.insert(
      ONNXNode(name: "centre", opType: "Sub", inputs: ["x", "means"], outputs: ["centred"]), at: 0)
    let means = try #require(builder.model.graph.initializers.firstIndex { $0.name == "means" })
    builder.model.graph.initializers[means].dimensions = [1, 3, 1, 1]
    let images = Tensor.images([2, 3, 5, 6])
    #expect(
      try NaiveExecutor.output(of: graph, images)
        == NaiveExecutor.output(of: builder.graph(), images))
  }

  @Test func takesTheSizeThatIsSaid() throws {
    var builder = builder([-1, 5, 6, 3], begin: transposed())
    builder.model.graph.inputs[0].dimensions = [
      .symbolic("batch"), .unknown, .symbolic("width"), .fixed(3),
    ]
    let graph = try builder.graph(ImportOptions(inputSize: (height: 9, width: 8)))
    #expect(graph.inputs[0].imageShape == [3, 9, 8])
    #expect(
      builder.refusal() == "input 'x' leaves axis 2 of [batch, 3, ?, width] open; say the size")
  }

  @Test func keepsATransposeThatIsAnOutput() throws {
    var builder = builder([-1, 5, 6, 3], begin: transposed())
    builder.output("first", [-1, 3, 5, 6])
    let graph = try builder.graph()
    #expect(graph.outputs == ["y", "first"])
    let images = Tensor.images([2, 3, 5, 6])
    #expect(try NaiveExecutor.values(of: graph, images)["first"] == images)
  }

  @Test func doesNotTakeTheNameOfAnotherValue() throws {
    var builder = builder([-1, 5, 6, 3]) { builder in
      builder.node("Neg", ["x"], ["x.channels_last"])
      transposed("x.channels_last")(&builder)
    }
    #expect(
      try builder.graph().nodes.map(\.name) == [
        "x.channels_last_", "x.channels_last", "first", "y",
      ])
    builder.output("x.channels_last", [-1, 5, 6, 3])
    #expect(try builder.graph().outputs == ["y", "x.channels_last"])
  }

  /// A width of 3 alone says nothing.
  @Test func leavesImagesWhoseChannelsComeFirst() throws {
    var narrow = ModelBuilder()
    narrow.input("x", [-1, 8, 5, 3])
    narrow.weights("w", [2, 8, 3, 3])
    narrow.node("Conv", ["x", "w"], ["conv"])
    narrow.node("Transpose", ["conv"], ["y"], ["perm": [0, 3, 1, 2]])
    narrow.output("y", [-1, 1, 2, 3])
    let graph = try narrow.graph()
    #expect(graph.inputs[0].imageShape == [8, 5, 3])
    #expect(graph.notes.isEmpty)
    #expect(try builder([-1, 3, 5, 6]) { $0.node("Neg", ["x"], ["first"]) }.graph().notes.isEmpty)
  }
}
