package import GraftGraph
package import GraftTensor

/// Runs a network the plain way: one operator after the other, every value in memory of its own,
/// ONNX's layout between them. The oracle for plans, which fuse, convert and share memory.
package enum NaiveExecutor {
  /// Every value for these images, in ONNX order; weights not included.
  package static func values(
    of graph: Graph, _ images: Tensor
  ) throws(GraphError) -> [String: Tensor] {
    let shapes = try graph.shapes(batchSize: images.shape[0])
    var values = [graph.inputs[0].name: images]
    for node in graph.nodes {
      let inputs = node.inputs.map { name in
        (
          tensor: graph.parameters[name]?.tensor ?? values[name] ?? Tensor([]),
          isParameter: graph.parameters[name] != nil
        )
      }
      let outputs = run(node.operator, inputs, node.outputs.map { shapes[$0] ?? [] })
      for (name, output) in zip(node.outputs, outputs) { values[name] = output }
    }
    return values
  }

  /// The first output.
  package static func output(of graph: Graph, _ images: Tensor) throws(GraphError) -> Tensor {
    try values(of: graph, images)[graph.outputs[0]] ?? Tensor([])
  }

  private static func run(
    _ op: any Operator, _ inputs: [(tensor: Tensor, isParameter: Bool)], _ outputShapes: [Shape]
  ) -> [Tensor] {
    let layout: Layout = type(of: op).layouts == .channelsLast ? .channelsLast : .channelsFirst
    var context = PlanningContext(
      inputs: inputs.map(\.tensor.shape), isParameter: inputs.map(\.isParameter), mode: .inference)
    context.method = op.methods(for: context).first(where: \.isExact)?.name
    let memory = op.memory(for: context)
    let scratch = Tensor([memory.scratchFloats], repeating: .nan)
    var packed = Tensor([memory.packedFloats], repeating: .nan)
    let arranged = inputs.map { input in
      input.isParameter
        ? input.tensor
        : Tensor(input.tensor.shape, layout.arranging(input.tensor.elements, input.tensor.shape))
    }
    let views = zip(arranged, inputs).map { tensor, input in
      TensorView(
        tensor.shape, tensor.unsafeView.base, layout: input.isParameter ? .channelsFirst : layout)
    }
    if memory.packedFloats > 0 {
      op.pack(
        zip(views, inputs).map { $1.isParameter ? $0 : nil }, for: context,
        into: packed.unsafeMutableView().base)
    }
    var outputs = outputShapes.map { Tensor($0, repeating: .nan) }
    var working = scratch
    op.forward(
      ForwardPass(
        mode: .inference, inputs: views,
        outputs: outputs.indices.map {
          MutableTensorView(
            outputShapes[$0], outputs[$0].unsafeMutableView().base, layout: layout)
        }, scratch: working.unsafeMutableView().base,
        packed: memory.packedFloats > 0 ? packed.unsafeView.base : nil, method: context.method))
    withExtendedLifetime((arranged, packed, working)) {}
    return outputs.map { Tensor($0.shape, layout.restoring($0.elements, $0.shape)) }
  }
}

extension Tensor {
  /// Seeded images, uniform in -1…1; the first n of a larger batch are the same.
  package static func images(_ shape: Shape, seed: UInt64 = 7) -> Tensor {
    var generator = SeededGenerator(seed)
    return Tensor(shape, (0..<shape.elementCount).map { _ in 2 * generator.uniform() - 1 })
  }

  /// The first images of a batch.
  package func prefix(_ count: Int) -> Tensor {
    Tensor(shape.withBatch(count), elements.prefix(count * shape.elementCountPerImage))
  }
}

/// The largest difference as a share of the largest element, at least 1; infinite where one side is
/// NaN or the counts differ.
package func relativeDifference(_ a: [Float], _ b: [Float]) -> Double {
  guard a.count == b.count else { return .infinity }
  let largest = max(1, b.reduce(0) { max($0, Double(abs($1))) })
  return zip(a, b).reduce(0) { worst, pair in
    let difference = abs(Double(pair.0) - Double(pair.1))
    return difference.isNaN ? .infinity : max(worst, difference / largest)
  }
}
