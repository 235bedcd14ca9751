import GraftOperators

/// Runs a network exactly as its file has it, Softmax included, on numbers: `[N, …]` in, `[N, …]`
/// out, both as ONNX lays them out.
public func run(
  _ path: FilePath, on input: Tensor, plan: PlanOptions = .init()
) throws(GraftError) -> Tensor {
  let session: Session
  do {
    let model = try ONNXReader.read(path)
    let graph = try Graph(importing: model, registry: .standard)
    guard let shape = graph.inputs.first?.imageShape, input.shape.rank == shape.rank + 1,
      Array(input.shape.dimensions.dropFirst()) == shape.dimensions, input.shape[0] > 0
    else {
      throw GraphError(
        "the network takes [N] + \(graph.inputs.first?.imageShape ?? []), not \(input.shape)")
    }
    session = try Session(
      graph, batchSize: input.shape[0], mode: .inference, options: plan, isBrief: true)
  } catch let error as ONNXError {
    throw GraftError(error)
  } catch let error as GraphError {
    throw GraftError(error.in(file: path.string))
  } catch {
    throw GraftError("\(path): \(error)", kind: .bug)
  }
  return session.run(input)
}

/// The outputs of a network without inputs, as importing folds constants.
public func runConstants(_ path: FilePath) throws(GraftError) -> [GraftGraph.Constant] {
  do {
    return try Graph.folding(ONNXReader.read(path), registry: .standard)
  } catch let error as ONNXError {
    throw GraftError(error)
  } catch let error as GraphError {
    throw GraftError(error.in(file: path.string))
  } catch {
    throw GraftError("\(path): \(error)", kind: .bug)
  }
}

extension Session {
  /// One forward pass on numbers as ONNX lays them out.
  fileprivate func run(_ input: Tensor) -> Tensor {
    let output = input.withUnsafeElements { _ in forward(input.unsafeView) }
    let strides = output.strides
    let shape = output.shape
    var elements: [Float] = []
    elements.reserveCapacity(shape.elementCount)
    var index = [Int](repeating: 0, count: shape.rank)
    for _ in 0..<shape.elementCount {
      elements.append(output.base[zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }])
      for axis in index.indices.reversed() {
        index[axis] += 1
        if index[axis] < shape[axis] { break }
        index[axis] = 0
      }
    }
    return Tensor(shape, elements)
  }
}
