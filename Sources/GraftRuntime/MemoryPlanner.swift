import GraftGraph
import GraftTensor

/// Decides where in the arena every activation, gradient and saved tensor lies, so that what is not
/// alive at the same time shares memory.
///
/// Time runs from 0 to 2n: step i computes forward at i and backward at 2n - 1 - i. Placement is
/// greedy by size, each at the lowest address that is free for its whole life.
struct MemoryPlanner {
  let builder: PlanBuilder
  private let images: ImageSteps
  private let end: Int
  private var blocks: [Block] = []
  private var valueBlocks: [Int] = []
  private var gradientBlocks: [Int?] = []
  /// When each gradient begins; its block may begin earlier, as that of another.
  private var gradientBegins: [Int] = []
  private var savedBlocks: [[Int]] = []

  /// A run of floats and the time during which it is needed.
  private struct Block {
    var floats: Int
    var from: Int
    var through: Int
    /// Does it lie in the arena of one image?
    var isOfOneImage: Bool
    var offset = 0
  }

  struct Placement {
    var values: [Int]
    var gradients: [Int?]
    var saved: [[Int]]
    var total: Int
    /// Of the arena of one image.
    var ofOneImage: Int
  }

  init(_ builder: PlanBuilder, _ images: ImageSteps) {
    self.builder = builder
    self.images = images
    end = 2 * builder.drafts.count
    makeValueBlocks()
    if builder.mode == .training {
      makeGradientBlocks()
      makeSavedBlocks()
    } else {
      gradientBlocks = builder.values.map { _ in nil }
      savedBlocks = builder.drafts.map { _ in [] }
    }
  }

  private func backwardTime(_ step: Int) -> Int { end - 1 - step }

  private mutating func add(
    _ floats: Int, from: Int, through: Int, isOfOneImage: Bool = false
  ) -> Int {
    blocks.append(
      Block(
        floats: Arena.aligned(floats), from: from, through: through, isOfOneImage: isOfOneImage))
    return blocks.count - 1
  }
}

// MARK: - Lives

extension MemoryPlanner {
  private mutating func makeValueBlocks() {
    let lives = valueLives()
    valueBlocks = builder.values.indices.map { _ in -1 }
    for index in builder.source.inputs.indices { addValueBlock(index, lives[index]) }
    for (step, draft) in builder.drafts.enumerated() {
      for (place, output) in draft.outputs.enumerated() {
        if place == 0, let input = inPlaceInput(draft, step: step) {
          valueBlocks[output] = valueBlocks[input]
          let block = valueBlocks[output]
          blocks[block].through = max(blocks[block].through, lives[output].upperBound)
        } else {
          addValueBlock(output, lives[output])
        }
      }
    }
  }

  private mutating func addValueBlock(_ index: Int, _ life: ClosedRange<Int>) {
    let isOfOneImage = images.values.contains(index)
    let count = builder.values[index].shape.elementCount
    valueBlocks[index] = add(
      isOfOneImage ? count / builder.batchSize : count, from: life.lowerBound,
      through: life.upperBound, isOfOneImage: isOfOneImage)
  }

  /// From when to when each value's contents matter.
  private func valueLives() -> [ClosedRange<Int>] {
    var from = builder.values.map { _ in 0 }
    var through = builder.values.map { _ in 0 }
    for (step, draft) in builder.drafts.enumerated() {
      let needs = draft.node.operator.gradientNeeds
      let residual = draft.node.operator.inputSharingGradient(inputCount: draft.inputs.count)
      for (place, input) in draft.inputs.map(\.valueIndex).enumerated() {
        guard let input else { continue }
        through[input] = max(through[input], step)
        if draft.isDifferentiated, needs.contains(.inputs), place != residual {
          through[input] = max(through[input], backwardTime(step))
        }
      }
      for output in draft.outputs {
        from[output] = step
        through[output] = max(through[output], step)
        if draft.isDifferentiated, needs.contains(.outputs) {
          through[output] = max(through[output], backwardTime(step))
        }
      }
    }
    through[builder.outputIndex] = end
    // The first image is through with the steps for single images before the last one begins.
    for index in builder.values.indices where !images.values.contains(index) {
      guard from[index] < images.count else { continue }
      (from[index], through[index]) = (0, max(through[index], images.count - 1))
    }
    return zip(from, through).map { $0...$1 }
  }

  /// The input on whose memory the first output may lie: nobody wants its contents any more.
  private func inPlaceInput(_ draft: PlanBuilder.Draft, step: Int) -> Int? {
    guard type(of: draft.node.operator).runsInPlace,
      case .value(let input, _)? = draft.inputs.first,
      draft.inputs.dropFirst().allSatisfy({ $0.valueIndex != input }),
      blocks[valueBlocks[input]].through == step,
      images.values.contains(input) == images.values.contains(draft.outputs[0]),
      builder.values[input].shape.elementCount
        == builder.values[draft.outputs[0]].shape.elementCount
    else { return nil }
    return input
  }

  /// A gradient lives from the backward of the last step that reads the value to that of the step
  /// that wrote it.
  private mutating func makeGradientBlocks() {
    gradientBlocks = builder.values.map { _ in nil }
    var from = builder.values.map { _ in Int.max }
    var through = builder.values.map { _ in 0 }
    for (step, draft) in builder.drafts.enumerated() where draft.isDifferentiated {
      for input in draft.inputs.compactMap(\.valueIndex) {
        from[input] = min(from[input], backwardTime(step))
      }
      for output in draft.outputs {
        through[output] = backwardTime(step)
        from[output] = min(from[output], backwardTime(step))
      }
    }
    // The loss writes the gradient of the output between forward and backward.
    from[builder.outputIndex] = builder.drafts.count
    gradientBegins = from
    let sharing = gradientsOnOutputs()
    // Outputs come behind inputs, so their blocks are there first.
    for index in builder.values.indices.reversed() where builder.isDifferentiable[index] {
      if let output = sharing[index], let block = gradientBlocks[output] {
        gradientBlocks[index] = block
        blocks[block].through = max(blocks[block].through, through[index])
        continue
      }
      gradientBlocks[index] = add(
        builder.values[index].shape.elementCount, from: from[index], through: through[index])
    }
  }

  /// Values whose gradient is at first that of an output, and may lie on its memory.
  private func gradientsOnOutputs() -> [Int: Int] {
    var sharing: [Int: Int] = [:]
    for (step, draft) in builder.drafts.enumerated() where draft.isDifferentiated {
      let op = draft.node.operator
      guard type(of: op).beginsGradients,
        let place = op.inputSharingGradient(inputCount: draft.inputs.count),
        case .value(let input, _) = draft.inputs[place],
        draft.inputs.count(where: { $0.valueIndex == input }) == 1,
        gradientBegins[input] == backwardTime(step),
        builder.values[input].shape == builder.values[draft.outputs[0]].shape
      else { continue }
      sharing[input] = draft.outputs[0]
    }
    return sharing
  }

  private mutating func makeSavedBlocks() {
    savedBlocks = builder.drafts.enumerated().map { step, draft in
      draft.isDifferentiated
        ? draft.memory.saved.map { add($0, from: step, through: backwardTime(step)) } : []
    }
  }

  /// For each step the values whose gradients its backward is the first to add to, hence to be
  /// cleared then. The loss assigns the gradient of the output.
  func gradientsThatBegin() -> [[Int]] {
    var beginning = builder.drafts.map { _ in [Int]() }
    for (value, block) in gradientBlocks.enumerated() where value != builder.outputIndex {
      guard block != nil else { continue }
      beginning[backwardTime(gradientBegins[value])].append(value)
    }
    return beginning
  }
}

// MARK: - Placement

extension MemoryPlanner {
  mutating func place() -> Placement {
    let bySize = blocks.indices.sorted {
      (blocks[$0].floats, blocks[$1].from) > (blocks[$1].floats, blocks[$0].from)
    }
    for isOfOneImage in [false, true] {
      var placed = IntervalIndex(range: end + 1)
      for index in bySize where blocks[index].isOfOneImage == isOfOneImage {
        let life = blocks[index].from...blocks[index].through
        blocks[index].offset = lowestFreeOffset(
          for: blocks[index].floats, among: placed.overlapping(life))
        placed.insert(index, life)
      }
    }
    return Placement(
      values: valueBlocks.map { blocks[$0].offset },
      gradients: gradientBlocks.map { $0.map { blocks[$0].offset } },
      saved: savedBlocks.map { $0.map { blocks[$0].offset } },
      total: extent(ofOneImage: false), ofOneImage: extent(ofOneImage: true))
  }

  private func extent(ofOneImage: Bool) -> Int {
    blocks.reduce(0) { extent, block in
      block.isOfOneImage == ofOneImage ? max(extent, block.offset + block.floats) : extent
    }
  }

  private func lowestFreeOffset(for floats: Int, among neighbours: Set<Int>) -> Int {
    var offset = 0
    for neighbour in neighbours.map({ blocks[$0] }).sorted(by: { $0.offset < $1.offset }) {
      if offset + floats <= neighbour.offset { break }
      offset = max(offset, neighbour.offset + neighbour.floats)
    }
    return offset
  }
}
