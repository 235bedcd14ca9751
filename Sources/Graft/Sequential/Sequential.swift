/// A network as a list of layers, trained as the lecture trains it: Keras's words in Swift.
///
/// ```swift
/// let model = Sequential(input: [784]) {
///   Dense(800, activation: .relu)
///   Dense(10, activation: .softmax)
/// }
/// model.compile(
///   loss: .categoricalCrossentropy, optimizer: .sgd(learningRate: 0.1), metrics: [.accuracy])
/// try model.fit(x, y, batchSize: 200, epochs: 100, validationSplit: 0.2, verbose: 2)
/// ```
///
/// It is a builder of a ``Graph``; training, running and writing are those of every graph. Images are
/// `[C, H, W]`, where Keras has `[H, W, C]`.
public final class Sequential {
  /// The network with its present weights, activations at the end included.
  public private(set) var graph: Graph
  /// What went wrong while the layers were put together; thrown by what needs the network.
  private let mistake: GraphError?
  private let rows: [SummaryRow]
  private var settings: Settings?

  /// What `compile` was told.
  struct Settings {
    var loss: SequentialLoss
    var optimizer: SequentialOptimizer
    var metrics: Set<SequentialMetric>
  }

  /// One line of the summary.
  struct SummaryRow {
    var name: String
    var kind: String
    var shape: Shape
    var parameters: Int
  }

  /// The layers between the braces, behind an input of this shape: `[784]`, or `[1, 28, 28]`.
  ///
  /// What does not fit is thrown by `fit`, `evaluate`, `predict` and `save`.
  public init(
    input shape: Shape, name: String = "sequential", seed: UInt64 = 1,
    @SequentialBuilder layers: () -> [any SequentialLayer]
  ) {
    var net = GraphBuilder(name: name, input: shape, seed: seed)
    var value = net.input
    var rows: [SummaryRow] = []
    var counts: [String: Int] = [:]
    var known = 0
    for layer in layers() {
      counts[layer.kind, default: 0] += 1
      let count = counts[layer.kind]!
      let name = count == 1 ? layer.kind : "\(layer.kind)_\(count - 1)"
      value = layer.build(behind: value, named: name, in: &net)
      rows.append(
        SummaryRow(
          name: name, kind: "\(type(of: layer))", shape: value.shape,
          parameters: net.parameterCount - known))
      known = net.parameterCount
    }
    self.rows = rows
    do throws(GraphError) {
      graph = try net.graph(output: value)
      mistake = nil
    } catch {
      graph = Graph(name: name, opset: 17, inputs: [], outputs: [], nodes: [], parameters: [:])
      mistake = error
    }
  }

  /// Says what is made small, by which rule, and what is measured besides.
  public func compile(
    loss: SequentialLoss, optimizer: SequentialOptimizer = .sgd(),
    metrics: Set<SequentialMetric> = []
  ) {
    settings = Settings(loss: loss, optimizer: optimizer, metrics: metrics)
  }

  /// The answers for rows of input: `[N, …]` to `[N, K]`.
  public func predict(_ x: Tensor, batchSize: Int = 32) throws(GraftError) -> Tensor {
    let graph = try usableGraph()
    try checkInput(x)
    return try answers(of: graph, to: x, batchSize: batchSize)
  }

  /// Writes the network as an ONNX file, softmax included.
  ///
  /// - Throws: where the network is none, or the file cannot be written; one that is there is
  ///   replaced only where `replacing` says so.
  public func save(to path: FilePath, replacing: Bool = false) throws(GraftError) {
    let graph = try usableGraph()
    let model = try lifting { () throws(GraphError) in
      try graph.exported()
    }
    try lifting { () throws(ONNXError) in
      try ONNXWriter.write(model, to: path, replacing: replacing)
    }
  }
}

// MARK: - Inside

extension Sequential {
  /// The settings, and the network that learns: without an activation that the loss computes itself.
  func compiled() throws(GraftError) -> (settings: Settings, graph: Graph) {
    let graph = try usableGraph()
    guard let settings else {
      throw GraftError(
        "the model is not compiled", kind: .usage,
        hints: ["Call compile(loss:optimizer:metrics:) before fit and evaluate."])
    }
    guard !settings.metrics.contains(.accuracy) || rows.last!.shape.elementCountPerImage > 1 else {
      throw GraftError("accuracy is measured between outputs; the model has one", kind: .usage)
    }
    return (settings, try settings.loss.withoutActivation(graph))
  }

  /// Takes weights that were learned; names are the same with and without a final activation.
  func adopt(_ learned: Graph) {
    for (name, parameter) in learned.parameters where graph.parameters[name] != nil {
      graph.parameters[name] = parameter
    }
  }

  func usableGraph() throws(GraftError) -> Graph {
    if let mistake { throw GraftError(mistake) }
    guard !graph.nodes.isEmpty else { throw GraftError("the model has no layers", kind: .usage) }
    return graph
  }

  func checkInput(_ x: Tensor) throws(GraftError) {
    let expected = graph.inputs[0].imageShape
    guard x.shape.rank == expected.rank + 1,
      Array(x.shape.dimensions.dropFirst()) == expected.dimensions
    else {
      throw GraftError(
        "x has shape \(x.shape); the model takes [N, "
          + expected.dimensions.map(String.init).joined(separator: ", ") + "]")
    }
  }

  private func answers(
    of graph: Graph, to x: Tensor, batchSize: Int
  ) throws(GraftError) -> Tensor {
    let session = try lifting { () throws(GraphError) in
      try Session(graph, batchSize: max(batchSize, 1), mode: .inference)
    }
    let size = x.shape.elementCountPerImage
    var outputs: [Float] = []
    var shape: Shape = [0, 0]
    x.withUnsafeElements { elements in
      for start in stride(from: 0, to: x.shape[0], by: max(batchSize, 1)) {
        let count = min(max(batchSize, 1), x.shape[0] - start)
        let rows = TensorView(x.shape.withBatch(count), elements.baseAddress! + start * size)
        let answer = session.forward(rows)
        shape = answer.shape
        outputs += answer.elementsInOrder
      }
    }
    return Tensor(shape.withBatch(x.shape[0]), outputs)
  }
}

extension TensorView {
  /// The elements as the shape says, channels first.
  fileprivate var elementsInOrder: [Float] {
    guard shape.rank == 4, layout == .channelsLast else { return Array(elements) }
    let (channels, pixels) = (shape[1], shape[2] * shape[3])
    return (0..<shape.elementCount).map { place in
      let (row, channel, pixel) = (
        place / (channels * pixels), place / pixels % channels, place % pixels
      )
      return base[(row * pixels + pixel) * channels + channel]
    }
  }
}

// MARK: - Summary

extension Sequential {
  /// A table of the layers, their output shapes and parameters.
  public func summary() -> String {
    let header = ("Layer (type)", "Output shape", "Param #")
    let lines = rows.map { row in
      (
        "\(row.name) (\(row.kind))",
        "(None, " + row.shape.dimensions.dropFirst().map(String.init).joined(separator: ", ") + ")",
        row.parameters.grouped
      )
    }
    let width = (
      (lines.map(\.0.count) + [header.0.count]).max()! + 2,
      (lines.map(\.1.count) + [header.1.count]).max()! + 2,
      (lines.map(\.2.count) + [header.2.count]).max()!
    )
    func line(_ cells: (String, String, String)) -> String {
      cells.0.padded(to: width.0) + cells.1.padded(to: width.1)
        + String(repeating: " ", count: width.2 - cells.2.count) + cells.2
    }
    let rule = String(repeating: "-", count: width.0 + width.1 + width.2)
    let trainable = rows.isEmpty ? 0 : graph.parameterCount
    let all = rows.reduce(0) { $0 + $1.parameters }
    return
      (["Model: \"\(graph.name)\"", rule, line(header), rule] + lines.map(line) + [
        rule, "Total params: \(all.grouped)", "Trainable params: \(trainable.grouped)",
        "Non-trainable params: \((all - trainable).grouped)",
      ]).joined(separator: "\n")
  }
}

extension Int {
  /// `1,234,567`
  fileprivate var grouped: String {
    let digits = Array(String(self))
    return digits.indices.reduce("") { text, index in
      let isFirst = index == 0 || (digits.count - index) % 3 != 0
      return text + (isFirst ? "" : ",") + String(digits[index])
    }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }
}
