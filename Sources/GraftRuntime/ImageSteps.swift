import GraftGraph
import GraftKernels
import GraftTensor

/// The first steps of a plan, through which the images of a batch go one by one, each on a thread
/// of its own: what a step writes is then still in the cache when the next reads it.
///
/// Early in a network activations are large and weights few. Later it is the other way round, and
/// weights that are read once for the whole batch are worth more.
struct ImageSteps {
  /// How many steps; 0 for none.
  private(set) var count = 0
  /// Images under way at the same time.
  private(set) var workers = 0
  /// The values that nobody behind these steps reads: one image's memory is enough.
  private(set) var values: Set<Int> = []

  init(_ builder: PlanBuilder) {
    let order =
      PlanOptions.environmentImages.flatMap(PlanOptions.ImageOrder.init) ?? builder.options.images
    let threads = Parallel.threadCount
    guard order != .together, builder.batchSize > 1 else { return }
    // With fewer images than threads, each is better computed by all.
    guard order == .apart || builder.batchSize >= threads else { return }
    count = Self.count(builder, order)
    guard count > 0 else { return }
    workers = min(threads, builder.batchSize)
    values = Self.values(builder, count)
  }

  /// As many steps as save the most memory traffic, in floats for each image: what a step reads and
  /// writes stays in the cache, but its weights are read anew.
  private static func count(_ builder: PlanBuilder, _ order: PlanOptions.ImageOrder) -> Int {
    var (saved, most, count) = (0, 0, 0)
    for (step, draft) in builder.drafts.enumerated() {
      // What is computed from weights alone is no image's.
      guard !draft.isDifferentiated, draft.outputs.allSatisfy({ builder.values[$0].isOfBatch }),
        !draft.node.operator.mixesImages(draft.inputs.map(builder.shape))
      else { break }
      saved += activations(draft, builder) - weights(draft, builder)
      guard order == .apart || saved > most else { continue }
      (most, count) = (max(saved, most), step + 1)
    }
    return count
  }

  private static func activations(_ draft: PlanBuilder.Draft, _ builder: PlanBuilder) -> Int {
    (draft.inputs.compactMap(\.valueIndex) + draft.outputs).reduce(0) { sum, value in
      sum + builder.values[value].shape.elementCount / builder.batchSize
    }
  }

  private static func weights(_ draft: PlanBuilder.Draft, _ builder: PlanBuilder) -> Int {
    if draft.packedOffset != nil { return draft.memory.packedFloats }
    return draft.inputs.reduce(0) { sum, input in
      sum + (input.isParameter ? builder.shape(input).elementCount : 0)
    }
  }

  private static func values(_ builder: PlanBuilder, _ count: Int) -> Set<Int> {
    var values = Set(builder.source.inputs.indices)
    for (step, draft) in builder.drafts.enumerated() {
      if step < count { values.formUnion(draft.outputs) }
      if step >= count { values.subtract(draft.inputs.compactMap(\.valueIndex)) }
    }
    values.remove(builder.outputIndex)
    return values
  }
}
