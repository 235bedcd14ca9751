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
  public internal(set) var graph: Graph
  /// What runs, in this order.
  public let steps: [PlannedStep]
  /// Floats of the arena that holds activations and their gradients.
  public let arenaFloats: Int
  /// Floats of rearranged parameters.
  public let packedFloats: Int
  /// The first steps, through which the images of a batch go one by one; 0 for none.
  public let imageSteps: Int
  /// Images that are under way in those steps at the same time, each on a thread.
  public let imageWorkers: Int
  /// Floats of the arena that each of them has for itself.
  public let imageArenaFloats: Int

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
  /// The methods that there were, with what each was expected to cost.
  public let estimates: [MethodEstimate]
  /// Floating point operations for the plan's batch.
  public let floatingPointOperations: Int

  let inputs: [PlannedInput]
  let outputs: [Int]
  /// Parameters that the step brings up to date while training: its outputs after the others.
  let updatedParameters: [String]
  /// Does backward visit this step? The others run as in inference: a frozen Dropout drops nothing.
  let isDifferentiated: Bool
  let savedOffsets: [Int]
  let packedOffset: Int?
  /// Values whose gradients begin at backward of this step: they are cleared before it, or assigned
  /// by an operator that ``beginsGradients``.
  let clearedGradients: [Int]

  var beginsGradients: Bool { type(of: node.operator).beginsGradients }
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
  /// Has it the images of the batch along its first dimension? What is computed from parameters alone
  /// has not.
  var isOfBatch = true
  /// Is it written and read only by steps through which images go one by one? Then ``offset`` is
  /// that in the arena of one image.
  var isOfOneImage = false
  var offset = 0
  /// Where its gradient lies; nil where nobody asks for it.
  var gradientOffset: Int?
}

// MARK: - Memory

extension Plan {
  /// Bytes that a session of this plan allocates, known before it does.
  ///
  /// Activations, their gradients and what backward keeps (``arenaFloats``), rearranged parameters
  /// (``packedFloats``), working memory for a whole batch, and for every parameter that learns the
  /// session's own copy and its gradient. Not in it: the weights of the given graph, and what an
  /// optimiser remembers.
  public var memoryBytes: Int {
    let learned = graph.parameters.values.reduce(0) { sum, parameter in
      sum + (learns(parameter) ? Arena.aligned(parameter.tensor.shape.elementCount) : 0)
    }
    let floats =
      arenaFloats + imageWorkers * imageArenaFloats + packedFloats
      + scratchFloats(batch: batchSize) + 2 * learned
    return floats * MemoryLayout<Float>.stride
  }

  /// Does a session of this plan keep a gradient for the parameter?
  func learns(_ parameter: Parameter) -> Bool { mode == .training && parameter.isTrainable }

  /// Names of the buffers that training changes, sorted.
  var updatedParameters: [String] { Set(steps.flatMap(\.updatedParameters)).sorted() }
}

// MARK: - Planning

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
  /// The values that are computed from parameters alone, such as weights that are normalised.
  var valuesOfParameters: Set<String> {
    var values: Set<String> = []
    for node in nodes
    where node.inputs.allSatisfy({ parameters[$0] != nil || values.contains($0) }) {
      values.formUnion(node.outputs)
    }
    return values
  }

  /// Refuses networks in which a value has not the images of the batch along its first dimension:
  /// a session could not run them for fewer images than planned.
  fileprivate func checkThatImagesComeFirst(batchSize: Int) throws(GraphError) {
    let read = Set(nodes.flatMap(\.inputs) + outputs)
    let constants = valuesOfParameters
    let other = batchSize == 1 ? 2 : 1
    let (planned, probed) = (
      try shapes(batchSize: batchSize), try shapes(batchSize: other)
    )
    for node in nodes {
      for (place, name) in node.outputs.enumerated() where place == 0 || read.contains(name) {
        guard !constants.contains(name) || name == outputs[0] else { continue }
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
