public import GraftGraph
import GraftTensor

/// How a network runs: order, layouts, methods, and where every value lies in memory.
///
/// A value. It decides everything once, for the largest batch; a ``Session`` carries it out.
public struct Plan: Sendable {
  /// The images that one pass computes at most.
  public let batchSize: Int
  /// Inference or training.
  public let mode: Mode
  /// What the plan was asked for.
  public let options: PlanOptions
  /// The network as it runs: rewritten, with layout conversions.
  public let graph: Graph
  /// What runs, in this order.
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
  /// The node of the graph that the step computes.
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
