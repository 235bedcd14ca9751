public import GraftONNX
import GraftTensor

extension Graph {
  /// The outputs of a network that has no inputs: every node is evaluated as importing evaluates
  /// those whose inputs are all known.
  ///
  /// For comparisons with other runtimes: what importing folds, no session ever runs.
  ///
  /// - Throws: ``GraphError`` that names the node, tensor or operator; the caller adds the file.
  public static func folding(
    _ model: ONNXModel, registry: OperatorRegistry
  ) throws(GraphError) -> [Constant] {
    var importer = try Importer(model, registry: registry, options: .init())
    return try importer.constants()
  }
}

extension Importer {
  fileprivate mutating func constants() throws(GraphError) -> [Constant] {
    try importNodes()
    if let input = inputs.first {
      throw GraphError(
        "the network has the input '\(input.name)'; folding is for networks of constants")
    }
    var constants: [Constant] = []
    for output in source.outputs {
      guard case .constant(let constant, _) = values[output.name] else {
        throw GraphError("nothing produces the output '\(output.name)'")
      }
      constants.append(constant)
    }
    return constants
  }
}
