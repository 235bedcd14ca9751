public import GraftGraph
public import GraftONNX
import GraftOperators
public import GraftTensor

/// Builds a ``Graph`` layer by layer: the value that reading an ONNX file gives, with new weights.
///
/// ```swift
/// var net = GraphBuilder(name: "small", input: [1, 28, 28])
/// let x = net.relu(net.conv(net.input, outputs: 8, kernel: 3, pad: 1))
/// let graph = try net.graph(output: net.gemm(net.flatten(x), outputs: 10))
/// ```
///
/// Every operator is decoded from ONNX attributes, as the importer does it. A layer that does not fit
/// is remembered and thrown by ``graph(output:)``, so that networks read as their papers do. Weights
/// are named as PyTorch names them: `conv1.weight`, `bn1.running_mean`.
public struct GraphBuilder {
  /// A value of the network, with its shape for one image: `[1, C, H, W]` or `[1, F]`.
  public struct Value: Hashable, Sendable {
    /// Of the value in the graph.
    public let name: String
    /// With batch 1.
    public let shape: Shape
  }

  /// What the network takes.
  public let input: Value
  /// How weights begin, where a layer does not say.
  public let initialization: Initialization
  private let seed: UInt64
  private var graph: Graph
  private var usedNames: [String: Int] = [:]
  private var failure: GraphError?

  /// The opset whose meaning of the operators is built.
  private static let opset = 17

  /// A network that takes images `[C, H, W]`, or vectors `[F]`.
  public init(
    name: String, input shape: Shape, seed: UInt64 = 1, initialization: Initialization = .he
  ) {
    input = Value(name: "input", shape: Shape([1] + shape.dimensions))
    self.seed = seed
    self.initialization = initialization
    graph = Graph(
      name: name, opset: Self.opset, inputs: [GraphInput(name: "input", imageShape: shape)],
      outputs: [], nodes: [], parameters: [:])
  }

  /// The network with this output.
  ///
  /// Mutating only so that the argument may add layers: Swift reads a value before the arguments of a
  /// call, but waits for them where it changes.
  ///
  /// - Throws: what did not fit, with the name of the layer.
  public mutating func graph(output: Value) throws(GraphError) -> Graph {
    if let failure { throw failure }
    var graph = graph
    graph.outputs = [output.name]
    return graph.keepingOutputs()
  }
}

// MARK: - Nodes

extension GraphBuilder {
  /// Numbers that the layers so far keep, running statistics among them.
  public var parameterCount: Int {
    graph.parameters.values.reduce(0) { $0 + $1.tensor.shape.elementCount }
  }

  /// Any operator of the registry, from its ONNX attributes; the way to those without a function.
  ///
  /// - Parameters:
  ///   - inputs: values, and after them parameters that ``parameter(_:_:)`` made.
  ///   - constants: inputs after those, as opset 17 has them.
  public mutating func node(
    _ opType: String, _ inputs: [Value], attributes: [String: ONNXAttribute.Value] = [:],
    constants: [DecodedInput] = [], name: String? = nil
  ) -> Value {
    decode(
      opType, inputs, attributes, constants, name: uniqueName(name ?? opType.lowercased()))
  }

  /// A node under a name that is known to be new.
  mutating func decode(
    _ opType: String, _ inputs: [Value], _ attributes: [String: ONNXAttribute.Value] = [:],
    _ constants: [DecodedInput] = [], name: String
  ) -> Value {
    let known = inputs.map { input in
      graph.parameters[input.name].map { DecodedInput.floats($0.tensor) }
        ?? .activation(input.shape)
    }
    let decoder = NodeDecoder(
      opType: opType, opset: Self.opset, attributes: attributes, inputs: known + constants)
    guard let type = OperatorRegistry.standard[opType] else {
      return fail(name, opType, "graft has no such operator")
    }
    do throws(ONNXError) {
      guard let `operator` = try type.init(decoding: decoder) as? any Operator else {
        return fail(name, opType, "it computes nothing at run time")
      }
      if let unread = decoder.unreadAttributes.first {
        return fail(name, opType, "attribute \(unread) is unknown")
      }
      return append(`operator`, inputs, name: name)
    } catch {
      return fail(name, opType, error.message)
    }
  }

  /// An operator as a node, with its output.
  mutating func append(_ operator: any Operator, _ inputs: [Value], name: String) -> Value {
    let opType = type(of: `operator`).opType
    // Behind a layer that does not fit, shapes mean nothing.
    if failure != nil { return Value(name: name, shape: []) }
    do throws(ShapeError) {
      let shapes = try `operator`.outputShapes(for: inputs.map(\.shape))
      for (index, input) in inputs.enumerated() {
        guard graph.parameters[input.name] != nil else { continue }
        let role = `operator`.role(ofInput: index, shape: input.shape)
        graph.parameters[input.name]?.role = role
        graph.parameters[input.name]?.isTrainable = role != .buffer
      }
      graph.nodes.append(
        Node(name: name, operator: `operator`, inputs: inputs.map(\.name), outputs: [name]))
      return Value(name: name, shape: shapes[0])
    } catch {
      return fail(name, opType, error.message)
    }
  }

  /// A constant of the network; what it is to training follows from the operator that takes it.
  public mutating func parameter(_ name: String, _ tensor: Tensor) -> Value {
    graph.parameters[name] = Parameter(tensor: tensor, role: .buffer, isTrainable: false)
    return Value(name: name, shape: tensor.shape)
  }

  /// New weights `[outputs, inputs, …]`, for a node that ``node(_:_:attributes:constants:name:)`` adds.
  public mutating func weight(
    _ name: String, _ dimensions: [Int], _ how: Initialization? = nil
  ) -> Value {
    let stream = graph.parameters.count
    guard Shape.checkedElementCount(dimensions) != nil, dimensions.allSatisfy({ $0 > 0 }) else {
      _ = fail(name, "weights", "their shape would be \(dimensions); expected 1 or more each")
      return parameter(name, Tensor([1, 1]))
    }
    // Where all begins at zero, no layer fills memory that nobody wants.
    let how = initialization == .zero ? .zero : how ?? initialization
    return parameter(name, how.tensor(Shape(dimensions), seed: seed, stream: stream))
  }

  mutating func vector(_ name: String, _ count: Int, repeating value: Float = 0) -> Value {
    parameter(name, Tensor([max(count, 1)], repeating: value))
  }

  private mutating func fail(_ name: String, _ opType: String, _ message: String) -> Value {
    if failure == nil { failure = GraphError("layer '\(name)' (\(opType)): \(message)") }
    return Value(name: name, shape: [])
  }

  /// The name itself, or with the first number that makes it a new one.
  mutating func uniqueName(_ wanted: String) -> String {
    let count = (usedNames[wanted] ?? 0) + 1
    usedNames[wanted] = count
    guard count > 1 || wanted == input.name else { return wanted }
    return uniqueName("\(wanted)_\(count)")
  }
}

extension Graph {
  /// Without what no output needs, as the importer leaves a graph.
  fileprivate func keepingOutputs() -> Graph {
    var graph = self
    var needed = Set(outputs)
    graph.nodes = nodes.reversed().filter { node in
      guard node.outputs.contains(where: needed.contains) else { return false }
      needed.formUnion(node.inputs)
      return true
    }.reversed()
    graph.parameters = parameters.filter { needed.contains($0.key) }
    return graph
  }
}
