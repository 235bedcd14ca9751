public import GraftGraph
import GraftTensor

/// How a network runs: order, layouts, methods, and where every value lies in memory.
///
/// A value. It decides everything once, for the largest batch; a ``Session`` carries it out.
public struct Plan: Sendable {
  public let batchSize: Int
  public let mode: Mode
  public let options: PlanOptions
  /// The network as it runs: rewritten, with layout conversions.
  public let graph: Graph
  public let steps: [PlannedStep]
  /// Floats of the arena that holds activations and their gradients.
  public let arenaFloats: Int
  /// Floats of rearranged parameters.
  public let packedFloats: Int

  /// Values by index: the inputs of the graph first, then what each step writes.
  let values: [PlannedValue]
  let inputValue: Int
  let outputValue: Int
}

/// One operator call of a plan.
public struct PlannedStep: Sendable {
  public let node: Node
  /// The chosen method; nil where the operator has only one.
  public let method: String?
  /// Floating point operations for the plan's batch.
  public let floatingPointOperations: Int

  let inputs: [PlannedInput]
  let outputs: [Int]
  /// Does backward visit this step? The others run as in inference: a frozen Dropout drops nothing.
  let isDifferentiated: Bool
  let savedOffsets: [Int]
  let packedOffset: Int?
  /// Values whose gradients are cleared before backward of this step.
  let clearedGradients: [Int]
}

/// What a step reads: a value of the arena, seen in a layout, or a parameter.
enum PlannedInput: Sendable {
  case value(Int, Layout)
  case parameter(String)
}

/// A value of the arena.
struct PlannedValue: Sendable {
  let name: String
  /// For the plan's batch.
  let shape: Shape
  let layout: Layout
  var offset = 0
  /// Where its gradient lies; nil where nobody asks for it.
  var gradientOffset: Int?
}

extension Plan {
  /// - Throws: ``GraphError`` where shapes do not fit.
  public init(
    _ source: Graph, batchSize: Int, mode: Mode, options: PlanOptions = .init()
  ) throws(GraphError) {
    precondition(batchSize > 0, "a batch has at least one image")
    guard source.inputs.count == 1 else {
      let names = source.inputs.map { "'\($0.name)'" }.joined(separator: ", ")
      throw GraphError("the network has \(source.inputs.count) inputs (\(names)); graft feeds one")
    }
    let source = source.keepingFirstOutput()
    try source.checkThatImagesComeFirst(batchSize: batchSize)
    let rewritten =
      options.rewrites
      ? try source.rewritten(mode: mode) { (graph) throws(GraphError) in
        try graph.shapes(batchSize: batchSize)
      } : source
    var builder = try PlanBuilder(rewritten, batchSize: batchSize, mode: mode, options: options)
    try builder.addSteps()
    self = builder.plan()
  }
}

extension Graph {
  /// Refuses networks in which a value has not the images of the batch along its first dimension:
  /// a session could not run them for fewer images than planned.
  fileprivate func checkThatImagesComeFirst(batchSize: Int) throws(GraphError) {
    let other = batchSize == 1 ? 2 : 1
    let (planned, probed) = (
      try shapes(batchSize: batchSize), try shapes(batchSize: other)
    )
    for node in nodes {
      for name in node.outputs {
        let (shape, probe) = (planned[name] ?? [], probed[name] ?? [])
        guard shape.rank > 0, shape[0] % batchSize == 0,
          probe == shape.withBatch(shape[0] / batchSize * other)
        else {
          throw GraphError(
            "node '\(node.name)' (\(node.opType)): its output '\(name)' has shape \(shape) for "
              + "\(batchSize) images and \(probe) for \(other); graft needs the images along the "
              + "first dimension")
        }
      }
    }
  }
}
